import MQTTCodec
import Primitives

/// A message in the form in which a store keeps it: the number of the form, then the PUBLISH of MQTT 5.0 that would carry it.
enum StoredContent {
    private static let form: UInt8 = 1

    static func encode(_ publication: Publication) -> [UInt8] {
        var packet = PublishForm(publication)
        packet.packetID = publication.qos == .atMostOnce ? 0 : 1
        var buffer = ByteBuffer(capacity: publication.weight + 32)
        buffer.append(form)
        packet.encode(.v5, into: &buffer)
        return Array(buffer.bytes)
    }

    /// nil for what another program, or a later version, has written.
    static func decode(_ content: [UInt8]) -> Publication? {
        guard content.first == form else { return nil }
        return content.withUnsafeBytes { bytes in
            let packet = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
            guard let frame = try? PacketDecoder.frame(packet, version: .v5), frame.totalLength == packet.count,
                case .publish(let publish)? = try? PacketDecoder.packet(
                    frame, body: UnsafeRawBufferPointer(rebasing: packet[frame.headerLength...]), version: .v5, sender: .client,
                    controlCharactersAllowed: true)
            else { return nil }
            return Publication(
                topic: publish.topic.string, payload: publish.payload, qos: publish.qos, retain: publish.retain,
                properties: publish.properties)
        }
    }
}
