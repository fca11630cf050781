import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("When a Will is published")
struct WillDelayTests {
    /// Somebody who watches the Will's topic.
    private func watch(_ broker: inout TestBroker) -> TestBroker.Client {
        let watcher = broker.connect("watcher")
        broker.send(.subscribe("will", qos: .exactlyOnce), from: watcher)
        _ = broker.received(watcher)
        return watcher
    }

    private func connect(_ broker: inout TestBroker, delay: UInt32, expiry: UInt32, cleanStart: Bool = false) -> TestBroker.Client {
        broker.connect(
            "client", cleanStart: cleanStart, will: .init("will", "gone", delay: delay),
            properties: [.sessionExpiryInterval(seconds: expiry)])
    }

    @Test(
        "At min(delay, session end) after the connection broke, not before, and once",
        arguments: [(0, 10, 0), (10, 0, 0), (5, 10, 5), (10, 5, 5), (10, 10, 10)] as [(UInt32, UInt32, Double)])
    func delay(delay: UInt32, expiry: UInt32, expected: Double) {
        var broker = TestBroker()
        let watcher = watch(&broker)
        let client = connect(&broker, delay: delay, expiry: expiry)
        broker.advance(seconds: 0.0005)
        broker.drop(client)
        if expected > 0 {
            broker.advance(seconds: expected - 0.001)
            #expect(broker.payloads(watcher) == [])
            broker.advance(seconds: 0.002)
        }
        #expect(broker.payloads(watcher) == ["gone"])
        broker.advance(seconds: 30)
        #expect(broker.payloads(watcher) == [])
        #expect(broker.tick.core.wills.count == 0)
    }

    @Test("Not when the client is back before [MQTT-3.1.3-9]")
    func back() {
        var broker = TestBroker()
        let watcher = watch(&broker)
        let client = connect(&broker, delay: 10, expiry: 100)
        broker.drop(client)
        broker.advance(seconds: 9)
        let again = broker.connect("client", cleanStart: false, properties: [.sessionExpiryInterval(seconds: 100)])
        broker.advance(seconds: 30)
        #expect(broker.payloads(watcher) == [])
        broker.drop(again)
        #expect(broker.payloads(watcher) == [], "the new connection brought none")
    }

    @Test("At once when the session ends by Clean Start, or is taken over without a delay")
    func takeover() {
        for (delay, cleanStart, published) in [(10, true, true), (0, false, true), (10, false, false)] as [(UInt32, Bool, Bool)] {
            var broker = TestBroker()
            let watcher = watch(&broker)
            _ = connect(&broker, delay: delay, expiry: 100)
            _ = broker.connect("client", cleanStart: cleanStart, properties: [.sessionExpiryInterval(seconds: 100)])
            #expect(broker.payloads(watcher) == (published ? ["gone"] : []), "delay \(delay), Clean Start \(cleanStart)")
        }
    }

    @Test("Not after DISCONNECT 0x00, but after 0x04 and after any DISCONNECT that is refused [MQTT-3.14.4-3]")
    func disconnect() {
        let endings: [(Packet, Bool)] = [
            (.disconnect(), false), (.disconnect(.disconnectWithWillMessage), true),
            (.disconnect(properties: [.sessionExpiryInterval(seconds: 5)]), true),
        ]
        for (ending, published) in endings {
            var broker = TestBroker()
            let watcher = watch(&broker)
            let client = connect(&broker, delay: 0, expiry: 0)
            broker.send(ending, from: client)
            #expect(broker.payloads(watcher) == (published ? ["gone"] : []))
        }
    }

    @Test("A client of 3.1.1 has no delay, and its DISCONNECT discards the Will")
    func version3() {
        var broker = TestBroker()
        let watcher = watch(&broker)
        let first = broker.connect("one", version: .v3_1_1, cleanStart: false, will: .init("will", "gone"))
        broker.drop(first)
        #expect(broker.payloads(watcher) == ["gone"])
        let second = broker.connect("two", version: .v3_1_1, will: .init("will", "gone"))
        broker.send(.disconnect(), from: second)
        #expect(broker.payloads(watcher) == [])
    }

    @Test("With its QoS, RETAIN and properties in order, all but the delay; its expiry counts from publication")
    func properties() {
        var broker = TestBroker()
        let watcher = watch(&broker)
        let properties: [Property] = [
            .userProperty(UTF8Text("b"), UTF8Text("1")), .messageExpiryInterval(seconds: 60), .userProperty(UTF8Text("a"), UTF8Text("2")),
            .contentType(UTF8Text("text")),
        ]
        let client = broker.connect(
            "client", will: .init("will", "gone", qos: .atLeastOnce, retain: true, delay: 20, properties: properties),
            properties: [.sessionExpiryInterval(seconds: 100)])
        broker.drop(client)
        broker.advance(seconds: 20)
        let message = broker.messages(watcher).first
        #expect(message?.qos == .atLeastOnce)
        #expect(message?.properties.properties == [.messageExpiryInterval(seconds: 60), properties[0], properties[2], properties[3]])
        #expect(broker.tick.core.retained.count == 1)
        broker.advance(seconds: 60)
        #expect(broker.tick.core.retained.count == 0)
    }
}
