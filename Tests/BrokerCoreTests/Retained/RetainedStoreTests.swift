import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Retained Messages")
struct RetainedStoreTests {
    private func kept(_ broker: inout TestBroker) -> [String: String] {
        let reader = broker.connect("reader")
        broker.send(.subscribe("#"), from: reader)
        let messages = broker.messages(reader)
        broker.drop(reader)
        return Dictionary(messages.map { ($0.topic.string, String(decoding: $0.payload, as: UTF8.self)) }) { "\($0) and \($1)" }
    }

    @Test("One a topic: set, replaced, cleared by an empty one, which is itself delivered [MQTT-3.3.1-5] [MQTT-3.3.1-6]")
    func oneATopic() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.subscribe("a"), from: client)
        _ = broker.received(client)
        broker.send([.publish("a", "1", retain: true), .publish("a", "2", retain: true), .publish("b", "3", retain: true)], from: client)
        #expect(kept(&broker) == ["a": "2", "b": "3"])
        #expect(broker.tick.core.retained.bytes == 4)
        broker.send(.publish("a", "", retain: true), from: client)
        #expect(kept(&broker) == ["b": "3"])
        #expect(broker.payloads(client) == ["1", "2", ""])
        #expect(broker.tick.core.retained.count == 1 && broker.tick.core.messages.count == 1)
    }

    @Test("It counts its expiry down and is gone in time; a newer one stays")
    func expiry() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.publish("a", "short", retain: true, properties: [.messageExpiryInterval(seconds: 10)]), from: client)
        broker.send(.publish("b", "short", retain: true, properties: [.messageExpiryInterval(seconds: 10)]), from: client)
        broker.advance(seconds: 3.5)
        broker.send(.publish("b", "long", retain: true), from: client)
        broker.send(.subscribe("a"), from: client)
        #expect(broker.messages(client).map { $0.properties.messageExpiryInterval } == [7])
        broker.advance(seconds: 6.6)
        #expect(kept(&broker) == ["b": "long"])
    }

    @Test("When the store is full a new topic is refused with 0x97; a topic that is there can still change")
    func full() {
        var options = TestBroker.quiet
        options.limits.retainedMessages = 1
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        broker.send(.publish("a", "1", qos: .atLeastOnce, retain: true), from: client)
        broker.send(.publish("b", "2", qos: .atLeastOnce, id: 2, retain: true), from: client)
        broker.send(.publish("a", "3", qos: .atLeastOnce, id: 3, retain: true), from: client)
        #expect(
            broker.received(client) == [.puback(1, .noMatchingSubscribers), .puback(2, .quotaExceeded), .puback(3, .noMatchingSubscribers)])
        #expect(broker.counters.dropped[.retainedFull] == 1)
        #expect(kept(&broker) == ["a": "3"])
    }

    @Test("What the broker keeps under $SYS takes no room of others, and finds its own when there is none")
    func system() {
        var options = BrokerOptions()
        options.limits.retainedMessages = 2
        options.limits.retainedBytes = 2_000
        var broker = TestBroker(options: options)
        broker.advance(seconds: 30)
        let client = broker.connect("client")
        for (id, topic) in [(1, "a"), (2, "b"), (3, "c")] as [(UInt16, String)] {
            broker.send(.publish(topic, "1", qos: .atLeastOnce, id: id, retain: true), from: client)
        }
        #expect(
            broker.received(client) == [.puback(1, .noMatchingSubscribers), .puback(2, .noMatchingSubscribers), .puback(3, .quotaExceeded)])
        broker.advance(seconds: 30)
        broker.send(.subscribe("$SYS/broker/publish/messages/dropped/retained_full"), from: client)
        #expect(broker.messages(client).map { String(decoding: $0.payload, as: UTF8.self) } == ["1"])
        #expect(broker.tick.core.retained.count - broker.tick.core.retained.system.count == 2)
    }
}
