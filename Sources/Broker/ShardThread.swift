import Transport

/// A shard on a thread of its own, which ends with this.
final class ShardThread {
    let orders: ShardOrders
    private let hasBegun = Semaphore()
    private var thread: Thread?

    /// Returns when the shard stands; its loop does not turn yet.
    init(_ plan: ShardPlan) throws(TransportError) {
        orders = plan.orders
        let start = ThreadStart<Void, TransportError>()
        let hasBegun = hasBegun
        thread = try Thread(name: "shard \(plan.place.index)") {
            do throws(TransportError) {
                var shard = try Shard(plan)
                start.decide(.success(()))
                hasBegun.wait()
                shard.settle()
                shard.recover()
                while shard.turn() {}
                shard.end()
            } catch {
                start.decide(.failure(error))
            }
        }
        try start.outcome()
    }

    deinit {
        stop()
        begin()
        // Joined, and not only told of its end: by then it holds no listener any more.
        thread.take()?.join()
    }

    /// Lets the loop turn.
    func begin() { hasBegun.signal() }

    /// Lets the shard disconnect its clients and end.
    func stop() { orders.give(.stop) }
}
