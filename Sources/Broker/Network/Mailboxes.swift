import BrokerCore
import Transport

/// The mailboxes of all shards, by their numbers. What nobody has taken goes with the last who knows them.
final class Mailboxes: Sendable {
    private let all: [Mailbox<PeerBatch>]

    /// - Parameter wakers: those of the shards' loops
    init(wakers: [Waker]) { all = wakers.map { Mailbox(owner: $0, senders: wakers) } }

    deinit {
        var rest: [PeerBatch] = []
        for mailbox in all { mailbox.take(into: &rest) }
        for batch in rest { batch.discard { Socket.close($0) } }
    }

    subscript(shard: Int) -> Mailbox<PeerBatch> { all[shard] }
}
