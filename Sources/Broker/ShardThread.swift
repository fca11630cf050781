import Transport

/// A shard on a thread of its own, which ends with this.
final class ShardThread: Sendable {
    let orders: ShardOrders
    private let hasEnded = Semaphore()

    /// Returns when the shard's loop turns.
    init(_ plan: ShardPlan) throws(TransportError) {
        let start = ThreadStart<Void>()
        let ended = hasEnded
        _ = try Thread(name: "shard \(plan.place.index)") {
            do throws(TransportError) {
                var shard = try Shard(plan)
                start.decide(.success(()))
                shard.settle()
                while shard.turn() {}
                shard.end()
            } catch {
                start.decide(.failure(error))
            }
            ended.signal()
        }
        try start.outcome()
        // Last: whoever waits for the thread's end has a thread.
        orders = plan.orders
    }

    /// Lets the shard disconnect its clients; the thread is done when this object has gone.
    func stop() { orders.give(.stop) }

    deinit {
        stop()
        hasEnded.wait()
    }
}
