import MQTTCodec
import Primitives
import Testing

@Suite("PUBLISH written from its parts") struct PublishFormTests {
    @Test("It is byte for byte what the encoder of packets writes, and as long as it says", arguments: [ProtocolVersion.v3_1_1, .v5])
    func sameBytes(version: ProtocolVersion) {
        for (length, qos) in [0, 1, 120, 128, 20_000].flatMap({ length in QoS.allCases.map { (length, $0) } }) {
            for properties in [[], [.contentType(UTF8Text("t")), .userProperty(UTF8Text("a"), UTF8Text("b"))]] as [[Property]] {
                let payload = Array(repeating: 7 as UInt8, count: length)
                var form = PublishForm(topic: "a/é", payload: payload, properties: PropertyList(properties), qos: qos, retain: length == 1)
                form.packetID = qos == .atMostOnce ? 0 : 300
                form.dup = qos == .exactlyOnce
                var packet = PublishPacket(
                    topic: UTF8Text("a/é"), qos: qos, packetID: qos == .atMostOnce ? nil : 300, payload: payload)
                packet.properties = PropertyList(properties)
                (packet.dup, packet.retain) = (form.dup, form.retain)
                #expect(written(form, version) == written(.publish(packet), version))
                #expect(form.encodedLength(version) == written(form, version).count)
            }
        }
    }

    @Test("An alias stands before the other properties, with the topic or instead of it")
    func alias() {
        var form = PublishForm(
            topic: "a", payload: [1], properties: PropertyList([.messageExpiryInterval(seconds: 1)]), qos: .atMostOnce, retain: false)
        form.topicAlias = 2
        #expect(written(form, .v5) == [0x30, 13, 0, 1, 97, 8, 0x23, 0, 2, 0x02, 0, 0, 0, 1, 1])
        form.omitsTopic = true
        #expect(written(form, .v5) == [0x30, 12, 0, 0, 8, 0x23, 0, 2, 0x02, 0, 0, 0, 1, 1])
    }

    private func written(_ form: PublishForm, _ version: ProtocolVersion) -> [UInt8] {
        var buffer = ByteBuffer()
        form.encode(version, into: &buffer)
        return Array(buffer.bytes)
    }

    private func written(_ packet: Packet, _ version: ProtocolVersion) -> [UInt8] {
        var buffer = ByteBuffer()
        PacketEncoder.encode(packet, version: version, into: &buffer)
        return Array(buffer.bytes)
    }
}
