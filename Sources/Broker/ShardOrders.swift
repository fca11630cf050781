import BrokerCore
import Synchronization
import Transport

/// What the thread that steers the broker asks of a shard, which may be on another one.
enum ShardOrder: Sendable {
    /// Decide by these from now on, and say when it is so.
    case change(BrokerOptions, listeners: [ListenerOptions], done: Semaphore)
    /// Say goodbye to every client, and end.
    case stop
}

/// Orders that a shard has not obeyed yet. They are rare: looking for one takes no lock.
final class ShardOrders: Sendable {
    /// The shard's own.
    let waker: Waker
    private let given = Locked<[ShardOrder]>([])
    private let isAnyGiven = Atomic(false)

    init() throws(TransportError) { waker = try Waker() }

    /// From any thread.
    func give(_ order: ShardOrder) {
        given.withLock { orders in
            orders.append(order)
            isAnyGiven.store(true, ordering: .releasing)
        }
        waker.wake()
    }

    /// All orders that were given, in order; for the shard's own thread.
    func take() -> [ShardOrder] {
        guard isAnyGiven.load(ordering: .acquiring) else { return [] }
        return given.withLock { orders in
            isAnyGiven.store(false, ordering: .releasing)
            defer { orders = [] }
            return orders
        }
    }
}
