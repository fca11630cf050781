import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("What may happen apart from packets")
struct EventTests {
    @Test("When the broker stops, everybody is told, and sessions are kept")
    func shutdown() {
        var broker = TestBroker()
        let new = broker.connect("new", properties: [.sessionExpiryInterval(seconds: 100)])
        let old = broker.connect("old", version: .v3_1_1)
        let silent = broker.open()
        broker.handle(.shutdown)
        #expect(broker.received(new) == [.disconnect(.serverShuttingDown)])
        #expect(broker.received(old) == [])
        for client in [new, old, silent] { #expect(broker.isClosed(client) == true) }
        #expect(broker.tick.core.sessions.count == 1)
    }

    @Test("A new configuration holds for those who are there and those who come")
    func optionsChanged() {
        var broker = TestBroker()
        let client = broker.connect("client")
        var listener = ListenerOptions()
        listener.anonymous = false
        var options = TestBroker.quiet
        options.limits.subscriptionsPerSession = 1
        broker.handle(.optionsChanged(options, listeners: [listener]))
        broker.send(.subscribe("a", "b"), from: client)
        #expect(broker.received(client) == [.suback(SubackPacket(packetID: 1, reasonCodes: [.success, .quotaExceeded]))])
        let late = ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("late"))
        #expect(broker.connect(late).connack?.reasonCode == .notAuthorized)
    }

    @Test("A packet before CONNECT closes without an answer; one that only a server sends is a Protocol Error [MQTT-3.1.0-1]")
    func wrongPackets() {
        for packet in [Packet.pingRequest, .disconnect(), .puback(1), .publish("a"), .subscribe("a")] {
            var broker = TestBroker()
            let client = broker.open()
            broker.send(packet, from: client)
            #expect(broker.isClosed(client) == true)
            #expect(broker.bytes(for: client) == [])
        }
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.auth(AuthPacket(reasonCode: .reAuthenticate)), from: client)
        #expect(broker.received(client) == [.disconnect(.protocolError)])
    }
}
