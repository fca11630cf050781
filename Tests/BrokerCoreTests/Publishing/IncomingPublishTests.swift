import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("PUBLISH from a client")
struct IncomingPublishTests {
    @Test("A Will set free by a forbidden PUBLISH ends a slow consumer at once, not some later connection in its place")
    func willOfAViolator() {
        var options = TestBroker.quiet
        options.limits.queuedMessages = 1
        var listener = ListenerOptions()
        listener.slowConsumer = .disconnect
        listener.retainAvailable = false
        var broker = TestBroker(options: options, listener: listener)
        let slow = broker.connect("slow", properties: [.receiveMaximum(1)])
        broker.send(.subscribe("will", qos: .atLeastOnce), from: slow)
        let violator = broker.connect("violator", will: .init("will", "3", qos: .atLeastOnce))
        broker.send([.publish("will", "1", qos: .atLeastOnce), .publish("will", "2", qos: .atLeastOnce)], from: violator)
        #expect(broker.isClosed(slow) == false)
        broker.send(.publish("a", retain: true), from: violator)
        #expect(broker.received(violator).last == .disconnect(.retainNotSupported))
        #expect(broker.isClosed(slow) == true)
        #expect(broker.tick.core.doomed.isEmpty)
    }

    @Test("The Receive Maximum a client was told holds for its connection, whatever a new configuration says")
    func receiveMaximumOfTheConnection() {
        var options = TestBroker.quiet
        options.limits.receiveMaximum = 3
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        options.limits.receiveMaximum = 1
        broker.handle(.optionsChanged(options, listeners: [ListenerOptions()]))
        for id in 1...3 as ClosedRange<UInt16> { broker.send(.publish("a", qos: .exactlyOnce, id: id), from: client) }
        #expect(broker.isClosed(client) == false)
        broker.send(.publish("a", qos: .exactlyOnce, id: 4), from: client)
        #expect(broker.received(client).last == .disconnect(.receiveMaximumExceeded))
    }

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
