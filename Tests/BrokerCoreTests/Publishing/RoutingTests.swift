import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("To whom a message goes")
struct RoutingTests {
    @Test("No Local keeps a client's own messages from it, but only through that subscription [MQTT-3.8.3-3]")
    func noLocal() {
        var broker = TestBroker()
        let client = broker.connect("client")
        let other = broker.connect("other")
        broker.send(.subscribe("a/#", noLocal: true, identifier: 1), from: client)
        _ = broker.received(client)
        broker.send(.publish("a/b", "own"), from: client)
        #expect(broker.payloads(client) == [])
        broker.send(.publish("a/b", "other's"), from: other)
        #expect(broker.payloads(client) == ["other's"])

        broker.send(.subscribe("a/+", identifier: 2), from: client)
        _ = broker.received(client)
        broker.send(.publish("a/b", "own again"), from: client)
        let messages = broker.messages(client)
        #expect(messages.map(\.properties.subscriptionIdentifiers) == [[2]])
    }

    @Test("RETAIN arrives as published where asked for, otherwise as 0 [MQTT-3.3.1-12] [MQTT-3.3.1-13]")
    func retainAsPublished() {
        var broker = TestBroker()
        let plain = broker.connect("plain")
        let exact = broker.connect("exact")
        broker.send(.subscribe("a"), from: plain)
        broker.send(.subscribe("a", retainAsPublished: true), from: exact)
        broker.send(.publish("a", "x", retain: true), from: plain)
        #expect(broker.messages(plain).map(\.retain) == [false])
        #expect(broker.messages(exact).map(\.retain) == [true])
    }

    @Test("The publisher learns that nobody was subscribed, in MQTT 5.0")
    func nobody() {
        var broker = TestBroker()
        let client = broker.connect("client")
        let old = broker.connect("old", version: .v3_1_1)
        broker.send(.publish("a", qos: .atLeastOnce, id: 5), from: client)
        broker.send(.publish("a", qos: .atLeastOnce, id: 5), from: old)
        #expect(broker.received(client) == [.puback(5, .noMatchingSubscribers)])
        #expect(broker.received(old) == [.puback(5)])
    }
}
