import MQTTCodec
import Testing

@Suite("Packet encoder") struct PacketEncoderTests {
    @Test("What a version has no words for is not written [MQTT-3.2.2-6 of 3.1.1]") func unspeakable() {
        for version in [ProtocolVersion.v3_1, .v3_1_1] {
            #expect(encoded(.auth(AuthPacket(reasonCode: .continueAuthentication)), version).isEmpty)
            let connack = Packet.connack(ConnackPacket(sessionPresent: false, reasonCode: .malformedPacket))
            #expect(encoded(connack, version).isEmpty)
            #expect(PacketEncoder.encodedLength(connack, version: version) == 0)
        }
    }

    @Test("Failures of SUBACK are one code in 3.1.1 and none in 3.1 [MQTT-3.9.3-2 of 3.1.1]") func suback() {
        let packet = Packet.suback(SubackPacket(packetID: 1, reasonCodes: [.grantedQoS2, .notAuthorized]))
        #expect(encoded(packet, .v5) == bytes("90050001000287"))
        #expect(encoded(packet, .v3_1_1) == bytes("900400010280"))
        #expect(encoded(packet, .v3_1) == bytes("900400010200"))
    }

    @Test("Acknowledgements and DISCONNECT take their shortest form") func shortest() {
        let properties = PropertyList([.reasonString(UTF8Text("x"))])
        let puback = {
            Packet.acknowledgement(PublishAcknowledgement(.puback, packetID: 9, reasonCode: $0, properties: $1))
        }
        #expect(encoded(puback(.success, PropertyList()), .v5) == bytes("40020009"))
        #expect(encoded(puback(.quotaExceeded, PropertyList()), .v5) == bytes("4003000997"))
        #expect(encoded(puback(.success, properties), .v5) == bytes("4008000900041f000178"))
        #expect(encoded(puback(.quotaExceeded, properties), .v3_1_1) == bytes("40020009"))
        #expect(encoded(.disconnect(DisconnectPacket()), .v5) == bytes("e000"))
        #expect(encoded(.disconnect(DisconnectPacket(reasonCode: .serverShuttingDown)), .v5) == bytes("e0018b"))
        #expect(encoded(.disconnect(DisconnectPacket(properties: properties)), .v5) == bytes("e00600041f000178"))
    }

    @Test("In 3.x a Reason Code travels as the nearest return code, and Session Present only from 3.1.1 on")
    func connack() {
        let busy = Packet.connack(ConnackPacket(sessionPresent: false, reasonCode: .serverBusy))
        #expect(encoded(busy, .v3_1_1) == bytes("20020003"))
        let resumed = Packet.connack(ConnackPacket(sessionPresent: true, reasonCode: .success))
        #expect(encoded(resumed, .v3_1) == bytes("20020000"))
        #expect(encoded(resumed, .v3_1_1) == bytes("20020100"))
        #expect(encoded(resumed, .v5) == bytes("2003010000"))
    }
}
