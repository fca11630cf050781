import Synchronization
import Transport

/// A shard on a thread of its own, which ends with this.
final class ShardThread {
    let orders: ShardOrders
    private let hasBegun = Semaphore()
    private let isAbandoned: Abandonment
    private var isRunning = false
    private var thread: Thread?

    /// Returns when the shard stands; its loop does not turn yet.
    init(_ plan: ShardPlan) throws(TransportError) {
        orders = plan.orders
        let start = ThreadStart<Void, TransportError>()
        let hasBegun = hasBegun
        let isAbandoned = Abandonment()
        self.isAbandoned = isAbandoned
        thread = try Thread(name: "shard \(plan.place.index)") {
            do throws(TransportError) {
                var shard = try Shard(plan)
                start.decide(.success(()))
                hasBegun.wait()
                // Let go of before the broker ran: there is nobody who reads the store to it.
                guard !isAbandoned.value.load(ordering: .acquiring) else { return }
                shard.settle()
                if shard.recover() { while shard.turn() {} }
                shard.end()
            } catch {
                start.decide(.failure(error))
            }
        }
        try start.outcome()
    }

    deinit {
        stop()
        if !isRunning {
            isAbandoned.value.store(true, ordering: .releasing)
            hasBegun.signal()
        }
        // Joined, and not only told of its end: by then it holds no listener any more.
        thread.take()?.join()
    }

    /// Lets the loop turn.
    func begin() {
        isRunning = true
        hasBegun.signal()
    }

    /// Lets the shard disconnect its clients and end.
    func stop() { orders.give(.stop) }
}

/// That a shard was let go of before it began.
private final class Abandonment: Sendable {
    let value = Atomic(false)
}
