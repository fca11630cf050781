import BrokerRecords
import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Wills after a crash")
struct RecoveringWillsTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    @Test("Wills are published: after the rest of their delay, or at once where the session went with its connection")
    func wills() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let subscriber = broker.connect("subscriber", properties: persistent)
        broker.send(.subscribe("w/#", qos: .exactlyOnce), from: subscriber)
        _ = broker.connect("kept", will: .init("w/kept", "x", qos: .atLeastOnce, delay: 60), properties: persistent)
        _ = broker.connect("clean", will: .init("w/clean", "y", qos: .exactlyOnce))
        broker = TestBroker(on: disk, after: 20)
        let (again, _) = broker.reconnect("subscriber", persistent)
        broker.advance(seconds: 1)
        #expect(broker.payloads(again) == ["y"])
        broker.send([.pubrec(1), .pubcomp(1)], from: again)
        broker.advance(seconds: 38)
        #expect(broker.payloads(again) == [])
        broker.advance(seconds: 2)
        #expect(broker.payloads(again) == ["x"])
        #expect(disk.count(BrokerTable.wills) == 0)
    }

    @Test("of two Wills of one session in a damaged store the later one is published, and no other")
    func doubled() throws {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let subscriber = broker.connect("subscriber", properties: persistent)
        broker.send(.subscribe("w", qos: .atLeastOnce), from: subscriber)
        _ = broker.connect("kept", will: .init("w", "x", delay: 60), properties: persistent)
        let row = try #require(disk.rows[BrokerTable.wills]?.first)
        var later = row.value
        later[later.count - 1] = UInt8(ascii: "y")
        var key = row.key
        key[4] += 1
        disk.put(later, at: key, in: BrokerTable.wills)
        broker = TestBroker(on: disk)
        #expect(disk.count(BrokerTable.wills) == 1)
        let (again, _) = broker.reconnect("subscriber", persistent)
        broker.advance(seconds: 61)
        #expect(broker.payloads(again) == ["y"])
        #expect(disk.count(BrokerTable.wills) == 0)
    }
}
