import MQTTCodec
import Primitives
import Testing

@Suite("PUBLISH written from its parts")
struct PublishFormTests {
    @Test(
        "It is the packet that the encoder writes, as long as it says", arguments: ProtocolVersion.allCases.filter { $0 > .v3_1 },
        [0, 1, 127, 128, 16_383, 20_000])
    func sameBytes(version: ProtocolVersion, payloadLength: Int) {
        let properties =
            version == .v5 ? PropertyList([.contentType(UTF8Text("t")), .userProperty(UTF8Text("a"), UTF8Text("b"))]) : PropertyList()
        for qos in QoS.allCases {
            let payload = [UInt8](repeating: 7, count: payloadLength)
            var form = PublishForm(topic: "a/ü", payload: payload, properties: properties, qos: qos, retain: true)
            form.dup = qos > .atMostOnce
            form.packetID = qos > .atMostOnce ? 300 : 0
            var packet = PublishPacket(topic: UTF8Text("a/ü"), qos: qos, packetID: qos > .atMostOnce ? 300 : nil, payload: payload)
            packet.dup = form.dup
            packet.retain = true
            packet.properties = properties
            #expect(bytes(form, version) == bytes(.publish(packet), version))
            #expect(form.encodedLength(version) == bytes(form, version).count)
        }
    }

    @Test("An alias is set beside the topic, or stands for it")
    func alias() {
        var form = PublishForm(topic: "long/topic", payload: [1], properties: PropertyList(), qos: .atMostOnce, retain: false)
        form.topicAlias = 5
        #expect(bytes(form, .v5) == [0x30, 17, 0, 10] + Array("long/topic".utf8) + [3, 0x23, 0, 5, 1])
        form.omitsTopic = true
        #expect(bytes(form, .v5) == [0x30, 7, 0, 0, 3, 0x23, 0, 5, 1])
    }

    private func bytes(_ form: PublishForm, _ version: ProtocolVersion) -> [UInt8] {
        var buffer = ByteBuffer()
        form.encode(version, into: &buffer)
        return Array(buffer.bytes)
    }

    private func bytes(_ packet: Packet, _ version: ProtocolVersion) -> [UInt8] {
        var buffer = ByteBuffer()
        PacketEncoder.encode(packet, version: version, into: &buffer)
        return Array(buffer.bytes)
    }
}
