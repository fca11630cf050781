import BrokerRecords
import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Sessions after a crash")
struct RecoveringSessionsTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    @Test("sessions are there, with their subscriptions, options and identifiers")
    func subscriptions() throws {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("a/+", qos: .atLeastOnce, retainAsPublished: true, identifier: 77), from: client)
        broker.send(.subscribe("own", qos: .exactlyOnce, noLocal: true), from: client)
        broker = TestBroker(on: disk)
        let (again, isPresent) = broker.reconnect("client", persistent)
        #expect(isPresent == true)
        broker.send(.publish("own", "x"), from: again)
        let publisher = broker.connect("publisher")
        broker.send(.publish("a/b", "y", qos: .exactlyOnce, retain: true), from: publisher)
        let message = try #require(broker.messages(again).first)
        #expect(message.topic.string == "a/b")
        #expect(message.qos == .atLeastOnce)
        #expect(message.retain)
        #expect(message.properties.subscriptionIdentifiers == [77])
    }

    @Test("a QoS 2 message whose PUBREC was lost is not taken twice [MQTT-4.3.3-10]")
    func received() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let subscriber = broker.connect("subscriber", properties: persistent)
        broker.send(.subscribe("t", qos: .atLeastOnce), from: subscriber)
        let publisher = broker.connect("publisher", properties: persistent)
        broker.send(.publish("t", "x", qos: .exactlyOnce, id: 5), from: publisher)
        broker = TestBroker(on: disk)
        let (again, _) = broker.reconnect("publisher", persistent)
        broker.send(.publish("t", "x", qos: .exactlyOnce, id: 5, dup: true), from: again)
        broker.send(.pubrel(5), from: again)
        #expect(broker.received(again) == [.pubrec(5), .pubcomp(5)])
        let (receiver, _) = broker.reconnect("subscriber", persistent)
        #expect(broker.payloads(receiver) == ["x"])
        #expect(disk.count(BrokerTable.received) == 0)
    }

    @Test("a session that expired meanwhile is gone with all it had, and one that has not is there")
    func expiry() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        for (name, seconds) in [("short", 50), ("long", 200)] as [(String, UInt32)] {
            let client = broker.connect(name, properties: [.sessionExpiryInterval(seconds: seconds)])
            broker.send(.subscribe("t", qos: .atLeastOnce), from: client)
        }
        let publisher = broker.connect("publisher")
        broker.send(.publish("t", "x", qos: .atLeastOnce), from: publisher)
        broker = TestBroker(on: disk, after: 100)
        broker.advance(seconds: 0)
        #expect(broker.tick.core.census.sessions == 1)
        #expect(broker.reconnect("short", []).1 == false)
        #expect(broker.reconnect("long", [.sessionExpiryInterval(seconds: 200)]).1 == true)
        // It counts from when the broker was last alive, for nobody has seen the client go.
        disk.aliveAt += 900_000_000_000
        broker = TestBroker(on: disk, after: 1_000)
        broker.advance(seconds: 50)
        #expect(disk.count(BrokerTable.sessions) == 1)
        broker.advance(seconds: 60)
        #expect(disk.count(BrokerTable.sessions) == 0)
        #expect(disk.count(BrokerTable.messages) == 0)
        #expect(disk.count(BrokerTable.subscriptions) == 0)
    }
}
