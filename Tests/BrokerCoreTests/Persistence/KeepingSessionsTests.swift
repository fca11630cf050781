import BrokerRecords
import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Sessions on disk")
struct KeepingSessionsTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    @Test("those that outlive their connection, with their subscriptions, until they end")
    func rows() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let clean = broker.connect("clean")
        broker.send(.subscribe("a", "b"), from: clean)
        #expect(disk.count(BrokerTable.sessions) == 0)
        let kept = broker.connect("kept", properties: persistent)
        broker.send(.subscribe("a", "b"), from: kept)
        broker.send(.subscribe("a", qos: .exactlyOnce), from: kept)
        #expect(disk.count(BrokerTable.sessions) == 1)
        #expect(disk.count(BrokerTable.subscriptions) == 2)
        broker.send(.unsubscribe("b"), from: kept)
        #expect(disk.count(BrokerTable.subscriptions) == 1)
        broker.send(.disconnect(properties: [.sessionExpiryInterval(seconds: 0)]), from: kept)
        #expect(disk.isEmpty)
    }

    @Test("QoS 2 from a client is remembered until PUBREL")
    func received() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client", properties: persistent)
        broker.send(.publish("a", "x", qos: .exactlyOnce, id: 7), from: client)
        #expect(disk.count(BrokerTable.received) == 1)
        broker.send(.pubrel(7), from: client)
        #expect(disk.count(BrokerTable.received) == 0)
    }

    @Test("a clock that is set while the broker runs is followed: what is written is of the time that it shows")
    func clockStep() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client", properties: persistent)
        // A device without a clock of its own starts in 1970 and is told the time by the network.
        disk.clockStep = 30 * 365 * 86_400 * 1_000_000_000
        broker.drop(client)
        let row = disk.rows[BrokerTable.sessions]?.values.first?.withUnsafeBytes { SessionRecord($0) }
        #expect(row?.disconnectedAt == TestBroker.wallOffset + disk.clockStep + broker.now.nanoseconds)
    }

    @Test("a Will lies there from CONNECT until it is published or discarded")
    func wills() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let first = broker.connect("first", will: .init("w", "x"))
        let second = broker.connect("second", will: .init("w", "x", delay: 10), properties: persistent)
        #expect(disk.count(BrokerTable.wills) == 2)
        broker.send(.disconnect(), from: first)
        #expect(disk.count(BrokerTable.wills) == 1)
        broker.drop(second)
        #expect(disk.count(BrokerTable.wills) == 1)
        broker.advance(seconds: 11)
        #expect(disk.count(BrokerTable.wills) == 0)
    }
}
