import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("PUBLISH from a client")
struct IncomingPublishTests {
    @Test("Only where no subscription matches, PUBACK and PUBREC say 0x10")
    func noMatchingSubscribers() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.publish("t", qos: .atLeastOnce, id: 1), from: client)
        broker.send(.publish("t", qos: .exactlyOnce, id: 2), from: client)
        #expect(broker.received(client) == [.puback(1, .noMatchingSubscribers), .pubrec(2, .noMatchingSubscribers)])
    }

    @Test("A subscription that No Local keeps the message from does match [MQTT-3.8.3-3]")
    func noLocalMatches() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.subscribe("t", noLocal: true), from: client)
        _ = broker.received(client)
        broker.send(.publish("t", qos: .atLeastOnce, id: 1), from: client)
        broker.send(.publish("t", qos: .exactlyOnce, id: 2), from: client)
        #expect(broker.received(client) == [.puback(1), .pubrec(2)])
    }

    @Test("When nobody who wants a message has room for it, No Local of the publisher does not hide that")
    func noLocalDoesNotHideRefusal() {
        var options = TestBroker.quiet
        options.limits.queuedMessages = 1
        var listener = ListenerOptions()
        listener.slowConsumer = .dropNewest
        var broker = TestBroker(options: options, listener: listener)
        let absent = broker.connect("absent", properties: [.sessionExpiryInterval(seconds: 100)])
        broker.send(.subscribe("t", qos: .atLeastOnce), from: absent)
        broker.drop(absent)
        let client = broker.connect("client")
        broker.send(.subscribe("t", noLocal: true), from: client)
        _ = broker.received(client)
        broker.send(.publish("t", qos: .atLeastOnce, id: 1), from: client)
        broker.send(.publish("t", qos: .atLeastOnce, id: 2), from: client)
        #expect(broker.received(client) == [.puback(1), .puback(2, .quotaExceeded)])
    }
}
