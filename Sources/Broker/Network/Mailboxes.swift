import BrokerCore
import Transport

/// The mailboxes of all shards, by their numbers. What nobody has taken goes with the last who knows them.
final class Mailboxes: Sendable {
    private let all: [Mailbox<PeerBatch>]

    /// - Parameter wakers: those of the shards' loops
    init(wakers: [Waker]) { all = wakers.map { Mailbox(owner: $0, senders: wakers, spentLimit: Self.spentBatches / wakers.count) } }

    /// Batches a mailbox keeps for its senders to fill again, 16 KiB each.
    private static let spentBatches = 128

    deinit {
        for mailbox in all {
            let rest = mailbox.takeRest()
            for batch in rest.unread { batch.discard { Socket.close($0) } }
            for batch in rest.spent { batch.deallocate() }
        }
    }

    subscript(shard: Int) -> Mailbox<PeerBatch> { all[shard] }
}
