import MQTTCodec
import Testing

@testable import ClientCore

@Suite("Messages that come")
struct ReceivingTests {
    @Test(
        """
        Each is answered by its QoS, with its identifier, whether or not anybody wants it [MQTT-3.3.4-1] [MQTT-4.5.0-2] [MQTT-4.3.2-4]
        [MQTT-4.3.3-8] [MQTT-2.2.1-5] [MQTT-3.3.4-1 of 3.1.1] [MQTT-4.5.0-2 of 3.1.1] [MQTT-2.3.1-6 of 3.1.1] [MQTT-4.3.2-2 of 3.1.1]
        """, arguments: ClientVersion.allCases)
    func answers(version: ClientVersion) {
        let client = TestClient(version: version)
        client.connect()
        client.receive(.publish("a"), .publish("a", qos: .atLeastOnce, id: 7), .publish("a", qos: .exactlyOnce, id: 8))
        #expect(client.sent() == [.puback(7), .pubrec(8)])
        client.receive(.pubrel(8))
        #expect(client.sent() == [.pubcomp(8)])
        #expect(client.received.isEmpty)
    }

    @Test(
        "PUBACK is sent when the reader has dealt with the message, and in the order of the messages [MQTT-4.6.0-2] [MQTT-4.6.0-2 of 3.1.1] [MQTT-4.3.2-4]",
        arguments: ClientVersion.allCases)
    func pubackOrder(version: ClientVersion) {
        let client = TestClient(version: version)
        client.connect()
        client.subscribed(1, "#")
        client.receive(
            .publish("a", "1", qos: .atLeastOnce, id: 5), .publish("a", "2", qos: .atLeastOnce, id: 3),
            .publish("a", "3", qos: .atLeastOnce, id: 4))
        #expect(client.sent().isEmpty)
        client.acknowledge("3")
        #expect(client.sent().isEmpty)
        client.acknowledge("1")
        #expect(client.sent() == [.puback(5)])
        client.acknowledge("2")
        #expect(client.sent() == [.puback(3), .puback(4)])
    }

    @Test("PUBREC likewise [MQTT-4.6.0-3] [MQTT-4.6.0-3 of 3.1.1]", arguments: ClientVersion.allCases)
    func pubrecOrder(version: ClientVersion) {
        let client = TestClient(version: version)
        client.connect()
        client.subscribed(1, "#")
        client.receive(.publish("a", "1", qos: .exactlyOnce, id: 5), .publish("a", "2", qos: .exactlyOnce, id: 3))
        client.acknowledge("2")
        client.acknowledge("1")
        #expect(client.sent() == [.pubrec(5), .pubrec(3)])
    }

    @Test(
        "After PUBACK an identifier means a new message, whatever its DUP [MQTT-4.3.2-5] [MQTT-4.3.2-2 of 3.1.1]",
        arguments: ClientVersion.allCases)
    func afterPuback(version: ClientVersion) {
        let client = TestClient(version: version)
        client.connect()
        client.subscribed(1, "#")
        for text in ["1", "2"] {
            client.receive(.publish("a", text, qos: .atLeastOnce, id: 5, dup: text == "2"))
            client.acknowledge(text)
        }
        #expect(client.texts() == ["1", "2"])
        #expect(client.sent() == [.puback(5), .puback(5)])
    }

    @Test(
        """
        Until PUBREL a message that comes again is answered and not given to anybody; after PUBCOMP its identifier means another
        [MQTT-4.3.3-10] [MQTT-4.3.3-11] [MQTT-4.3.3-12] [MQTT-4.3.3-2 of 3.1.1]
        """, arguments: ClientVersion.allCases)
    func exactlyOnce(version: ClientVersion) {
        let client = TestClient(version: version)
        client.connect()
        client.subscribed(1, "#")
        client.receive(.publish("a", "1", qos: .exactlyOnce, id: 5))
        client.acknowledge("1")
        client.receive(.publish("a", "again", qos: .exactlyOnce, id: 5, dup: true))
        #expect(client.sent() == [.pubrec(5), .pubrec(5)])
        client.receive(.pubrel(5))
        client.receive(.publish("a", "2", qos: .exactlyOnce, id: 5))
        client.acknowledge("2")
        #expect(client.sent() == [.pubcomp(5), .pubrec(5)])
        #expect(client.texts() == ["1", "2"])
    }

    @Test(
        "A message that comes again on a new connection is answered when it has been read, if it has not been yet [MQTT-4.3.3-10] [MQTT-4.1.0-1]",
        arguments: [true, false])
    func acrossConnections(isReadBefore: Bool) {
        let client = TestClient()
        client.connect()
        client.subscribed(1, "#")
        client.receive(.publish("a", "1", qos: .exactlyOnce, id: 5))
        client.breakConnection()
        if isReadBefore { client.acknowledge("1") }
        client.connect(sessionPresent: true)
        client.receive(.publish("a", "1", qos: .exactlyOnce, id: 5, dup: true))
        if !isReadBefore {
            #expect(client.sent().isEmpty)
            client.acknowledge("1")
        }
        #expect(client.sent() == [.pubrec(5)])
        client.receive(.pubrel(5))
        #expect(client.sent() == [.pubcomp(5)])
        #expect(client.texts() == ["1"])
    }

    @Test("PUBREL of an unknown identifier is answered, and told so in 5.0 [MQTT-4.3.3-11] [MQTT-3.7.2-1]")
    func unknownPubrel() {
        let client = TestClient()
        client.connect()
        client.receive(.pubrel(4))
        #expect(client.sent() == [.pubcomp(4, .packetIdentifierNotFound)])
        let older = TestClient(version: .v3_1_1)
        older.connect()
        older.receive(.pubrel(4))
        #expect(older.sent() == [.pubcomp(4)])
    }

    @Test("A message whose time is over is answered to the end like any other [MQTT-4.3.3-13]")
    func expired() {
        let client = TestClient()
        client.connect()
        client.subscribed(1, "#")
        client.receive(.publish("a", "1", qos: .exactlyOnce, id: 5, [.messageExpiryInterval(seconds: 0)]))
        client.advance(seconds: 10)
        client.acknowledge("1")
        client.receive(.pubrel(5))
        #expect(client.sent() == [.pubrec(5), .pubcomp(5)])
    }

    @Test(
        """
        Acknowledgements carry neither Reason String nor User Property [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3]
        [MQTT-3.7.2-2] [MQTT-3.7.2-3]
        """)
    func noProperties() {
        let client = TestClient()
        client.connect()
        client.receive(.publish("a", qos: .atLeastOnce, id: 1), .publish("a", qos: .exactlyOnce, id: 2), .pubrel(2), .pubrel(3))
        #expect(client.sentBytes() == [0x40, 2, 0, 1, 0x50, 2, 0, 2, 0x70, 2, 0, 2, 0x70, 3, 0, 3, 0x92])
    }

    @Test("Packets come in any pieces")
    func pieces() {
        let client = TestClient()
        client.connect()
        client.subscribed(1, "#")
        let bytes = (1...5 as ClosedRange<UInt16>).flatMap { Packet.publish("a/b", "\($0)", qos: .atLeastOnce, id: $0).bytes(.v5) }
        for byte in bytes { client.receive([byte]) }
        #expect(client.texts() == ["1", "2", "3", "4", "5"])
    }
}
