import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Retained Messages for a subscription")
struct RetainHandlingTests {
    @Test("Retain Handling 0 always, 1 for a new subscription, 2 never [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]")
    func handling() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.publish("a", "kept", retain: true), from: client)
        func subscribe(_ handling: SubscriptionOptions.RetainHandling) -> [String] {
            broker.send(.subscribe("a", retainHandling: handling), from: client)
            return broker.payloads(client)
        }
        #expect(subscribe(.doNotSend) == [])
        #expect(subscribe(.sendIfNew) == [], "it is not new")
        #expect(subscribe(.sendAtSubscribe) == ["kept"])
        broker.send(.unsubscribe("a"), from: client)
        #expect(subscribe(.sendIfNew) == ["kept"])
    }

    @Test("With RETAIN 1, the lower QoS, the subscription's identifier, and after SUBACK [MQTT-3.3.1-8]")
    func flags() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.publish("a", "kept", qos: .exactlyOnce, retain: true), from: client)
        broker.send(.pubrel(1), from: client)
        _ = broker.received(client)
        broker.send(.subscribe("a", qos: .atLeastOnce, identifier: 9, id: 2), from: client)
        #expect(
            broker.received(client) == [
                .suback(SubackPacket(packetID: 2, reasonCodes: [.grantedQoS1])),
                .publish("a", "kept", qos: .atLeastOnce, id: 1, retain: true, properties: [.subscriptionIdentifier(9)]),
            ])
    }

    @Test("100,000 of them reach a slow reader completely, at QoS 0 and 1", arguments: [QoS.atMostOnce, .atLeastOnce])
    func slowReader(qos: QoS) {
        var options = TestBroker.quiet
        options.limits.outputBytes = 20_000
        options.limits.queuedMessages = 100
        var broker = TestBroker(options: options)
        let publisher = broker.connect("publisher")
        for hundred in 0..<1_000 {
            broker.send(
                (0..<100).map { .publish("t/\(hundred)/\($0)", "\(hundred * 100 + $0)", qos: .atLeastOnce, retain: true) }, from: publisher)
        }
        #expect(broker.tick.core.retained.count == 100_000)
        let reader = broker.connect("reader", properties: [.receiveMaximum(50)])
        broker.block(reader)
        broker.send(.subscribe("t/#", qos: qos), from: reader)
        var seen = Set<String>()
        var count = 0
        var most = 0
        while count < 100_000 {
            broker.allow(30_000, for: reader)
            let messages = broker.messages(reader)
            most = max(most, broker.tick.core.queued.messages)
            if messages.isEmpty { break }
            count += messages.count
            for message in messages { seen.insert(String(decoding: message.payload, as: UTF8.self)) }
            if qos == .atLeastOnce { broker.send(messages.compactMap { $0.packetID.map { .puback($0) } }, from: reader) }
        }
        #expect(count == 100_000)
        #expect(seen.count == 100_000)
        #expect(most == 0, "they are not queued but walked to")
        #expect(broker.counters.dropped.total == 0)
    }
}

@Suite("Retained Messages for a new subscription, at the bounds")
struct RetainHandlingBoundsTests {
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
