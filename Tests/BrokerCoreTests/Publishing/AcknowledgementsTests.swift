import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("PUBACK, PUBREC, PUBREL and PUBCOMP from a client")
struct AcknowledgementsTests {
    private func subscriber(_ broker: inout TestBroker, _ qos: QoS, version: ProtocolVersion = .v5) -> TestBroker.Client {
        let client = broker.connect("client", version: version)
        broker.send(.subscribe("a", qos: qos), from: client)
        _ = broker.received(client)
        return client
    }

    @Test("QoS 2 to its end; a PUBREC that comes again is answered with PUBREL again, and nothing is left")
    func exactlyOnce() {
        var broker = TestBroker()
        let client = subscriber(&broker, .exactlyOnce)
        let publisher = broker.connect("publisher")
        broker.send(.publish("a", "x", qos: .exactlyOnce, id: 6), from: publisher)
        broker.send(.publish("a", "x", qos: .exactlyOnce, id: 6, dup: true), from: publisher)
        broker.send([.pubrel(6), .pubrel(6)], from: publisher)
        #expect(broker.received(publisher) == [.pubrec(6), .pubrec(6), .pubcomp(6), .pubcomp(6, .packetIdentifierNotFound)])
        #expect(broker.payloads(client) == ["x"], "once [MQTT-4.3.3-10]")
        broker.send([.pubrec(1), .pubrec(1), .pubcomp(1), .pubcomp(1)], from: client)
        #expect(broker.received(client) == [.pubrel(1), .pubrel(1)])
        #expect(broker.tick.core.messages.count == 0)
    }

    @Test("An identifier nobody knows: PUBACK is ignored, PUBREC answered with 0x92")
    func unknown() {
        var broker = TestBroker()
        let client = subscriber(&broker, .atLeastOnce)
        broker.send([.puback(9), .pubcomp(9), .pubrec(9)], from: client)
        #expect(broker.received(client) == [.pubrel(9, .packetIdentifierNotFound)])
    }

    @Test("A PUBACK for QoS 2 is a Protocol Error")
    func wrongKind() {
        var broker = TestBroker()
        let client = subscriber(&broker, .exactlyOnce)
        broker.send(.publish("a", "x", qos: .exactlyOnce), from: client)
        _ = broker.received(client)
        broker.send(.puback(1), from: client)
        #expect(broker.received(client) == [.disconnect(.protocolError)])
    }

    @Test("Where switched on, 3.x is sent again what it has not acknowledged; MQTT 5.0 never is on a live connection [MQTT-4.4.0-1]")
    func resendTimer() {
        var listener = ListenerOptions()
        listener.resendSeconds = 5
        for (version, count) in [(.v3_1_1, 2), (.v5, 1)] as [(ProtocolVersion, Int)] {
            var broker = TestBroker(listener: listener)
            let client = subscriber(&broker, .atLeastOnce, version: version)
            broker.send(.publish("a", "x", qos: .atLeastOnce), from: client)
            broker.advance(seconds: 12)
            let messages = broker.messages(client)
            #expect(messages.count == count)
            #expect(messages.map(\.dup) == [false, true].prefix(count).map { $0 })
        }
    }

    @Test("An unexpected PUBREC is answered with PUBREL 0x92 [MQTT-4.3.3-4]")
    func unexpectedPubrec() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.pubrec(7), from: client)
        #expect(broker.received(client) == [.pubrel(7, .packetIdentifierNotFound)])
    }

    @Test("An unexpected PUBREC that reports a failure ends a flow, and is not answered [MQTT-4.3.3-4]")
    func unexpectedFailure() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.pubrec(7, .quotaExceeded), from: client)
        #expect(broker.received(client) == [])
        let isClosed = broker.isClosed(client)
        #expect(!isClosed)
    }
}
