import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("How long a Session lasts")
struct SessionExpiryTests {
    private func isPresent(_ broker: inout TestBroker, version: ProtocolVersion = .v5) -> Bool? {
        var packet = ConnectPacket(version: version, cleanStart: false, keepAliveSeconds: 0, clientID: UTF8Text("client"))
        if version == .v5 { packet.properties = PropertyList([.sessionExpiryInterval(seconds: 1_000)]) }
        return broker.connect(packet).connack?.sessionPresent
    }

    @Test("Its interval after the connection ended, not less [MQTT-4.1.0-2]")
    func interval() {
        for (seconds, present) in [(9.999, true), (10.001, false)] {
            var broker = TestBroker()
            let client = broker.connect("client", properties: [.sessionExpiryInterval(seconds: 10)])
            broker.advance(seconds: 100)
            broker.drop(client)
            broker.advance(seconds: seconds)
            #expect(isPresent(&broker) == present)
        }
    }

    @Test("As long as the connection, when no interval was given")
    func absent() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.drop(client)
        #expect(broker.tick.core.sessions.count == 0)
        #expect(isPresent(&broker) == false)
    }

    @Test("As DISCONNECT says, when it says something")
    func atDisconnect() {
        var broker = TestBroker()
        let client = broker.connect("client", properties: [.sessionExpiryInterval(seconds: 1_000)])
        broker.send(.disconnect(properties: [.sessionExpiryInterval(seconds: 0)]), from: client)
        #expect(broker.tick.core.sessions.count == 0)
    }

    @Test("In 3.1.1 without Clean Session until the administrator's limit, and CONNACK tells MQTT 5.0 of that limit")
    func limit() {
        var options = TestBroker.quiet
        options.limits.sessionExpirySeconds = 60
        var broker = TestBroker(options: options)
        let client = broker.connect("client", version: .v3_1_1, cleanStart: false)
        broker.drop(client)
        broker.advance(seconds: 59)
        #expect(isPresent(&broker, version: .v3_1_1) == true)
        var packet = ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("other"))
        packet.properties = PropertyList([.sessionExpiryInterval(seconds: .max)])
        #expect(broker.connect(packet).connack?.properties.sessionExpiryInterval == 60)
    }

    @Test("Everything it held goes with it: subscriptions, queue, exchanges, messages")
    func nothingLeft() {
        var broker = TestBroker()
        let client = broker.connect("client", properties: [.sessionExpiryInterval(seconds: 10), .receiveMaximum(2)])
        broker.send(.subscribe("a/#", "b", "$share/g/c", qos: .exactlyOnce, identifier: 4), from: client)
        let publisher = broker.connect("publisher")
        for i in 1...9 as ClosedRange<UInt16> {
            broker.send([.publish(["a/x", "b", "c"][Int(i) % 3], "m", qos: .exactlyOnce, id: i), .pubrel(i)], from: publisher)
        }
        broker.drop(client)
        broker.drop(publisher)
        broker.advance(seconds: 11)
        #expect(broker.network.takeNotices().contains(.sessionExpired(clientID: Array("client".utf8))))
        #expect(broker.counters.sessionsExpired == 1)
        #expect(broker.tick.core.sessions.count == 0)
        #expect(broker.tick.core.messages.count == 0)
        #expect(broker.tick.core.queued.bytes == 0)
        #expect(broker.tick.core.subscriptions.trie.nodeCount == 1)
        #expect(broker.tick.core.subscriptions.plainCount + broker.tick.core.subscriptions.sharedCount == 0)
    }
}
