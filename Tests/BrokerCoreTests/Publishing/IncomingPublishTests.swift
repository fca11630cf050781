import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("A PUBLISH from a client")
struct IncomingPublishTests {
    @Test("What is not offered ends the connection with its code")
    func notOffered() {
        var listener = ListenerOptions()
        listener.maximumQoS = .atLeastOnce
        listener.retainAvailable = false
        let wrong: [(Packet, ReasonCode)] = [
            (.publish("a", qos: .exactlyOnce), .qosNotSupported), (.publish("a", "x", retain: true), .retainNotSupported),
            (.publish("", properties: [.topicAlias(1)]), .protocolError),
            (.publish("a", properties: [.topicAlias(33)]), .topicAliasInvalid),
        ]
        for (packet, code) in wrong {
            var broker = TestBroker(listener: listener)
            let client = broker.connect("client")
            broker.send(packet, from: client)
            #expect(broker.received(client) == [.disconnect(code)])
        }
    }

    @Test("A Topic Alias stands for its topic, until it is set anew, and is not forwarded [MQTT-3.3.2-12]")
    func aliases() {
        var broker = TestBroker()
        let subscriber = broker.connect("subscriber", version: .v3_1_1)
        broker.send(.subscribe("#"), from: subscriber)
        let client = broker.connect("client")
        broker.send(
            [
                .publish("a", "1", properties: [.topicAlias(2)]), .publish("", "2", properties: [.topicAlias(2)]),
                .publish("b", "3", properties: [.topicAlias(2)]), .publish("", "4", properties: [.topicAlias(2)]),
            ], from: client)
        #expect(
            broker.messages(subscriber).map { "\($0.topic.string)\(String(decoding: $0.payload, as: UTF8.self))" } == [
                "a1", "a2", "b3", "b4",
            ])
    }

    @Test("More QoS 2 messages at a time than the Receive Maximum end the connection [MQTT-3.3.4-7]")
    func receiveMaximum() {
        var options = TestBroker.quiet
        options.limits.receiveMaximum = 2
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        for i in 1...3 as ClosedRange<UInt16> { broker.send(.publish("a", qos: .exactlyOnce, id: i), from: client) }
        #expect(broker.received(client).last == .disconnect(.receiveMaximumExceeded))
    }

    @Test("A topic that is too deep, shared or the broker's own is refused by its acknowledgement; other $ topics pass")
    func topics() {
        var options = TestBroker.quiet
        options.limits.topicLevels = 3
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        let topics = ["a/b/c/d", "$share/g/a", "$SYS", "$SYSTEM/a", "a/b/c"]
        for topic in topics { broker.send(.publish(topic, qos: .atLeastOnce), from: client) }
        #expect(
            broker.received(client) == [
                .puback(1, .topicNameInvalid), .puback(1, .topicNameInvalid), .puback(1, .notAuthorized),
                .puback(1, .noMatchingSubscribers), .puback(1, .noMatchingSubscribers),
            ])
    }

    @Test("Properties go on unaltered and in order, but for the alias and what is left of the expiry [MQTT-3.3.2-17] [MQTT-3.3.2-18]")
    func properties() {
        var broker = TestBroker()
        let subscriber = broker.connect("subscriber")
        broker.send(.subscribe("a"), from: subscriber)
        let kept: [Property] = [
            .userProperty(UTF8Text("b"), UTF8Text("2")), .responseTopic(UTF8Text("r")), .userProperty(UTF8Text("a"), UTF8Text("1")),
            .correlationData([1, 2]), .payloadFormatIndicator(1),
        ]
        broker.send(.publish("a", "x", properties: [.topicAlias(1), .messageExpiryInterval(seconds: 9)] + kept), from: subscriber)
        #expect(broker.messages(subscriber).map(\.properties.properties) == [[.messageExpiryInterval(seconds: 9)] + kept])
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
        listener.slowConsumer = .refuse
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
}
