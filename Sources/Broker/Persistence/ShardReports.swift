import BrokerCore
import Synchronization
import Transport

/// What the storage thread has done for one shard and the shard has not heard of. Looking for it takes no lock.
final class ShardReports: Sendable {
    private struct Waiting: Sendable {
        var committed: UInt64 = 0
        var loaded: [LoadedMessages] = []
    }

    /// The shard's own.
    private let waker: Waker
    private let waiting = Locked(Waiting())
    private let isAnyWaiting = Atomic(false)

    init(waker: Waker) { self.waker = waker }

    deinit {
        for messages in waiting.withLock({ $0.loaded }) { messages.bytes.release() }
    }

    /// The shard's batches up to this one are on disk.
    func committed(_ number: UInt64) { tell { $0.committed = number } }

    func loaded(_ messages: LoadedMessages) { tell { $0.loaded.append(messages) } }

    private func tell(_ change: (inout sending Waiting) -> Void) {
        waiting.withLock { change(&$0) }
        if !isAnyWaiting.exchange(true, ordering: .acquiringAndReleasing) { waker.wake() }
    }

    /// For the shard's own thread.
    func take(into reports: inout [StorageReport]) {
        guard isAnyWaiting.load(ordering: .acquiring) else { return }
        isAnyWaiting.store(false, ordering: .sequentiallyConsistent)
        let taken = waiting.withLock { waiting in
            defer { waiting = Waiting() }
            return waiting
        }
        if taken.committed > 0 { reports.append(.committed(taken.committed)) }
        for messages in taken.loaded { reports.append(.loaded(messages)) }
    }
}
