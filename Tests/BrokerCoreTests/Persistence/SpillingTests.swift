import BrokerRecords
import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Queues on disk")
struct SpillingTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    /// A client that has subscribed and gone, and `count` messages for it.
    private func queued(_ count: Int, _ broker: inout TestBroker) {
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("t", qos: .atLeastOnce), from: client)
        broker.send(.disconnect(), from: client)
        let publisher = broker.connect("publisher")
        for i in 0..<count { broker.send(.publish("t", "\(i)", qos: .atLeastOnce, id: UInt16(i % 100 + 1)), from: publisher) }
    }

    /// Takes all that comes, acknowledging it.
    private func drain(_ client: TestBroker.Client, _ broker: inout TestBroker) -> [String] {
        var payloads: [String] = []
        while true {
            let messages = broker.messages(client)
            if messages.isEmpty { return payloads }
            payloads += messages.map { String(decoding: $0.payload, as: UTF8.self) }
            broker.send(messages.map { .puback($0.packetID ?? 0) }, from: client)
        }
    }

    @Test("what waits for a client that is away takes no message's place in memory, and comes in order when it is back")
    func order() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        queued(3_000, &broker)
        #expect(broker.tick.core.messages.count == 0)
        #expect(disk.count(BrokerTable.messages) == 3_000)
        let client = broker.connect("client", cleanStart: false, properties: persistent + [.receiveMaximum(700)])
        #expect(drain(client, &broker) == (0..<3_000).map { "\($0)" })
        #expect(disk.count(BrokerTable.messages) == 0)
        #expect(disk.count(BrokerTable.exchanges) == 0)
        #expect(broker.tick.core.census.queuedMessages == 0)
    }

    @Test("a message that comes meanwhile waits behind them")
    func newer() {
        var broker = TestBroker(on: TestDisk())
        queued(50, &broker)
        let client = broker.connect("client", cleanStart: false, properties: persistent + [.receiveMaximum(10)])
        let publisher = broker.connect("another")
        broker.send(.publish("t", "new", qos: .atLeastOnce), from: publisher)
        #expect(drain(client, &broker) == (0..<50).map { "\($0)" } + ["new"])
    }

    @Test("a client that goes while they are read misses none")
    func away() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        queued(2_500, &broker)
        for _ in 0..<5 {
            let client = broker.connect("client", cleanStart: false, properties: persistent + [.receiveMaximum(3)])
            let messages = broker.messages(client)
            broker.send(.puback(messages[0].packetID ?? 0), from: client)
            broker.drop(client)
        }
        let client = broker.connect("client", cleanStart: false, properties: persistent)
        #expect(drain(client, &broker) == (5..<2_500).map { "\($0)" })
    }

    @Test("the bounds hold, and the oldest makes way on disk, too")
    func bounds() {
        var options = TestBroker.quiet
        options.limits.queuedMessages = 3
        let disk = TestDisk()
        var broker = TestBroker(on: disk, options: options)
        queued(5, &broker)
        #expect(broker.counters.dropped[.queueFullOldest] == 2)
        #expect(disk.count(BrokerTable.messages) == 3)
        let client = broker.connect("client", cleanStart: false, properties: persistent)
        #expect(drain(client, &broker) == ["2", "3", "4"])
    }

    @Test("what cannot be read is counted, and what comes after it is sent")
    func unreadable() throws {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        queued(4, &broker)
        let keys = try #require(disk.rows[BrokerTable.messages]?.keys.sorted { $0.lexicographicallyPrecedes($1) })
        disk.put([1, 2, 3], at: keys[0], in: BrokerTable.messages)
        disk.remove(keys[1], in: BrokerTable.messages)
        let client = broker.connect("client", cleanStart: false, properties: persistent)
        #expect(drain(client, &broker) == ["2", "3"])
        #expect(broker.counters.dropped[.unreadable] == 2)
        #expect(disk.count(BrokerTable.messages) == 0)
    }

    @Test("a slow client that is connected has its queue there, too")
    func slow() {
        var broker = TestBroker(on: TestDisk())
        let client = broker.connect("client", properties: persistent + [.receiveMaximum(1)])
        broker.send(.subscribe("t", qos: .atLeastOnce), from: client)
        _ = broker.received(client)
        let publisher = broker.connect("publisher")
        for i in 0..<3_000 { broker.send(.publish("t", "\(i)", qos: .atLeastOnce, id: UInt16(i % 100 + 1)), from: publisher) }
        #expect(broker.tick.core.messages.count <= 1_025)
        #expect(drain(client, &broker) == (0..<3_000).map { "\($0)" })
    }
}
