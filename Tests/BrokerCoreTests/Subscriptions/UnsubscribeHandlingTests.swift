import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("UNSUBSCRIBE → UNSUBACK")
struct UnsubscribeHandlingTests {
    @Test("One code a filter, compared character for character, and nothing comes any more [MQTT-3.10.4-1] [MQTT-3.11.3-1]")
    func codes() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.subscribe("a/+", "$share/g/b"), from: client)
        _ = broker.received(client)
        broker.send(.unsubscribe("a/b", "a/+", "$share/other/b", "$share/g/b", id: 8), from: client)
        let codes: [ReasonCode] = [.noSubscriptionExisted, .success, .noSubscriptionExisted, .success]
        #expect(broker.received(client) == [.unsuback(UnsubackPacket(packetID: 8, reasonCodes: codes))])
        broker.send([.publish("a/b"), .publish("b")], from: client)
        #expect(broker.received(client) == [])
        #expect(broker.tick.core.subscriptions.groups.count == 0)
    }

    @Test("What was begun is completed; retained messages still to come are not [MQTT-3.10.4-3]")
    func begun() {
        var broker = TestBroker()
        let client = broker.connect("client", properties: [.receiveMaximum(1)])
        broker.send((0..<5).map { .publish("\($0)", "x", qos: .atLeastOnce, retain: true) }, from: client)
        broker.send(.subscribe("#", qos: .atLeastOnce), from: client)
        broker.send(.unsubscribe("#"), from: client)
        #expect(broker.messages(client).count == 1)
        broker.send(.puback(1), from: client)
        #expect(broker.messages(client).count == 0)
        #expect(broker.tick.core.retainedCursors.count == 0)
    }
}
