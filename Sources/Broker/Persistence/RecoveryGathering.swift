import Primitives
import Transport

/// Where the shards wait for each other at the end of a recovery: what all of them change is one transaction, and what
/// they tell each other is in their mailboxes before any of them goes on.
final class RecoveryGathering: Sendable {
    private let store: BrokerStore
    private let waiting: Locked<(changes: [WriteBatch?], missing: Int)>
    private let isCommitted: [Semaphore]
    private let isTold: [Semaphore]
    private let untold: Locked<Int>

    init(_ store: BrokerStore, shards: Int) {
        self.store = store
        waiting = Locked((Array(repeating: nil, count: shards), shards))
        untold = Locked(shards)
        isCommitted = (0..<shards).map { _ in Semaphore() }
        isTold = (0..<shards).map { _ in Semaphore() }
    }

    /// Returns when the changes of all shards are durable, or the broker is to end.
    func commit(_ changes: WriteBatch, of shard: Int, whileWaiting: () -> Void = {}) {
        let all: [WriteBatch?]? = waiting.withLock { waiting in
            waiting.changes[shard] = changes
            waiting.missing -= 1
            return waiting.missing == 0 ? waiting.changes : nil
        }
        if let all {
            var together = WriteBatch()
            for changes in all.compactMap(\.self) { together.append(changes) }
            let isCommitted = isCommitted
            store.commit(together) { for semaphore in isCommitted { semaphore.signal() } }
        }
        while !isCommitted[shard].wait(seconds: 1) { whileWaiting() }
    }

    /// Returns when all shards have told the others what they took up.
    func wasTold(by shard: Int) {
        let isLast = untold.withLock { untold in
            untold -= 1
            return untold == 0
        }
        if isLast { for semaphore in isTold { semaphore.signal() } }
        isTold[shard].wait()
    }
}

/// What the shards share for a recovery.
final class RecoveryPlan: Sendable {
    let feeds: [RecoveryFeed]
    let gathering: RecoveryGathering

    init(_ store: BrokerStore, shards: Int) {
        feeds = (0..<shards).map { _ in RecoveryFeed() }
        gathering = RecoveryGathering(store, shards: shards)
    }
}
