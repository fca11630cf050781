import BrokerCore
import Testing
import Transport

@testable import Broker

@Suite struct ShardOrdersTests {
    @Test("Orders are obeyed in order and once, and wake whoever is to obey")
    func order() throws {
        let orders = try ShardOrders()
        #expect(orders.take().isEmpty)
        let poller = try Poller(waker: orders.waker)
        orders.give(.change(BrokerOptions(), listeners: [], done: Semaphore()))
        orders.give(.stop)
        var events = EventBatch()
        // Without a wake this would wait for ever.
        poller.wait(until: nil, clock: .system, into: &events)
        let taken = orders.take()
        #expect(taken.count == 2)
        if case .change = taken[0] {} else { Issue.record("not in order") }
        if case .stop = taken[1] {} else { Issue.record("not in order") }
        #expect(orders.take().isEmpty)
    }
}
