/// The other shards as the tick sees them: mailboxes, which take batches at once and never block.
///
/// The defaults are those of a shard that is alone.
public protocol MailboxPort: ~Copyable {
    /// Puts a batch into the mailbox of another shard, and wakes it if it waits. The batch is the other's now; one that it
    /// has read and given back may come in exchange.
    mutating func post(_ batch: PeerBatch, to shard: Int) -> PeerBatch?
    /// What other shards have posted to this one takes the place of what is in `batches`, which has been read and goes
    /// back to its senders or is freed. Batches of one sender are in their order.
    mutating func drain(into batches: inout [PeerBatch])
    /// Whether fewer than `limit` bytes of ours wait in the mailbox of another shard; if not, this shard is woken
    /// when the other has taken them.
    mutating func hasRoom(for shard: Int, limit: Int) -> Bool
}

extension MailboxPort where Self: ~Copyable {
    public mutating func post(_ batch: PeerBatch, to shard: Int) -> PeerBatch? { preconditionFailure("there is no other shard") }
    public mutating func drain(into batches: inout [PeerBatch]) {}
    public mutating func hasRoom(for shard: Int, limit: Int) -> Bool { true }
}

/// All a tick asks of the world.
public typealias ShardPort = NetworkPort & MailboxPort & StoragePort & ~Copyable
