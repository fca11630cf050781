import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Retained Messages for a new subscription")
struct RetainHandlingTests {
    /// A subscriber whose walks stand still: one message is in flight, and it acknowledges nothing.
    private func stalled(_ broker: inout TestBroker, filters: String...) -> TestBroker.Client {
        let publisher = broker.connect("publisher")
        for topic in ["a/1", "a/2", "b/1", "b/2", "c/1", "c/2"] {
            broker.send(.publish(topic, topic, qos: .atLeastOnce, retain: true), from: publisher)
        }
        let subscriber = broker.connect("subscriber", properties: [.receiveMaximum(1), .sessionExpiryInterval(seconds: 100)])
        for filter in filters { broker.send(.subscribe(filter, qos: .atLeastOnce), from: subscriber) }
        return subscriber
    }

    private func drain(_ broker: inout TestBroker, _ subscriber: TestBroker.Client) -> [String] {
        var payloads: [String] = []
        while true {
            let messages = broker.messages(subscriber)
            if messages.isEmpty { return payloads }
            payloads += messages.map { String(decoding: $0.payload, as: UTF8.self) }
            broker.send(messages.compactMap { $0.packetID.map { .puback($0) } }, from: subscriber)
        }
    }

    @Test("Unsubscribing ends one walk, the first, a middle or the last one, and no other", arguments: ["a/+", "b/+", "c/+"])
    func unsubscribe(filter: String) {
        var broker = TestBroker()
        let subscriber = stalled(&broker, filters: "a/+", "b/+", "c/+")
        #expect(broker.tick.census.retainedCursors == 3)
        broker.send(.unsubscribe(filter), from: subscriber)
        #expect(broker.tick.census.retainedCursors == 2)
        let gone = filter.prefix(1)
        // The one message in flight has been sent already.
        let expected = ["a/1", "a/2", "b/1", "b/2", "c/1", "c/2"].filter { !$0.hasPrefix(gone) || $0 == "a/2" }
        #expect(Set(drain(&broker, subscriber)) == Set(expected))
        #expect(broker.tick.census.retainedCursors == 0)
    }

    @Test("Subscribing again begins the walk anew, behind the others, with the new options")
    func again() {
        var broker = TestBroker()
        let subscriber = stalled(&broker, filters: "a/+", "b/+")
        broker.send(.subscribe("a/+", qos: .atLeastOnce, identifier: 7), from: subscriber)
        #expect(broker.tick.census.retainedCursors == 2)
        #expect(drain(&broker, subscriber) == ["a/2", "b/2", "b/1", "a/2", "a/1"])
    }

    @Test("A session that ends leaves no walk behind")
    func sessionEnd() {
        var broker = TestBroker()
        let subscriber = stalled(&broker, filters: "a/+", "b/+")
        broker.send(.disconnect(properties: [.sessionExpiryInterval(seconds: 0)]), from: subscriber)
        #expect(broker.tick.census.retainedCursors == 0)
        #expect(broker.tick.census.retainedNodes == 9)
    }
}
