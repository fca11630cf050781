import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("SUBSCRIBE → SUBACK")
struct SubscribeHandlingTests {
    private func granted(_ packets: [Packet]) -> [ReasonCode] {
        packets.flatMap { packet -> [ReasonCode] in if case .suback(let suback) = packet { suback.reasonCodes } else { [] } }
    }

    @Test("One code a filter, each for itself [MQTT-3.8.4-6] [MQTT-3.9.3-1]")
    func codes() {
        var listener = ListenerOptions()
        listener.maximumQoS = .atLeastOnce
        listener.wildcardSubscriptionAvailable = false
        listener.sharedSubscriptionAvailable = false
        var options = TestBroker.quiet
        options.limits.topicLevels = 3
        var broker = TestBroker(options: options, listener: listener)
        let client = broker.connect("client")
        broker.send(.subscribe("a", "a/+", "$share/g/a", "1/2/3/4", "b/#/c", qos: .exactlyOnce), from: client)
        #expect(
            granted(broker.received(client)) == [
                .grantedQoS1, .wildcardSubscriptionsNotSupported, .sharedSubscriptionsNotSupported, .topicFilterInvalid,
                .topicFilterInvalid,
            ])
    }

    @Test("A filter subscribed to again is replaced, also when no more are allowed [MQTT-3.8.4-3]")
    func replaced() {
        var options = TestBroker.quiet
        options.limits.subscriptionsPerSession = 1
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        broker.send([.subscribe("a", identifier: 1), .subscribe("a", qos: .exactlyOnce, identifier: 2), .subscribe("b")], from: client)
        #expect(granted(broker.received(client)) == [.success, .grantedQoS2, .quotaExceeded])
        broker.send(.publish("a", "x"), from: client)
        #expect(broker.messages(client).map(\.properties.subscriptionIdentifiers) == [[2]])
        #expect(broker.tick.core.subscriptions.plainCount == 1)
    }

    @Test("A bridge does not get its own messages back, and RETAIN as it was published")
    func bridge() {
        var broker = TestBroker()
        var packet = ConnectPacket(version: .v3_1_1, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("bridge"))
        packet.isBridge = true
        let (bridge, _) = broker.connect(packet)
        broker.send(.subscribe("a"), from: bridge)
        _ = broker.received(bridge)
        broker.send(.publish("a", "own"), from: bridge)
        let client = broker.connect("client")
        broker.send(.publish("a", "other's", retain: true), from: client)
        #expect(broker.messages(bridge).map(\.retain) == [true])
    }
}
