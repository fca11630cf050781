import MQTTCodec
import Primitives

/// Bytes of the wire as the player needs them: packets in, packets out, hex for people.
enum WireText {
    static func bytes(of packet: Packet, version: ProtocolVersion) -> [UInt8] {
        var buffer = ByteBuffer()
        PacketEncoder.encode(packet, version: version, into: &buffer)
        return Array(buffer.bytes)
    }

    /// The first packet of `bytes`, nil while it is incomplete.
    static func firstPacket(of bytes: ArraySlice<UInt8>) -> [UInt8]? {
        bytes.withUnsafeBytes { raw in
            guard let frame = try? PacketDecoder.frame(raw, version: nil), raw.count >= frame.totalLength else { return nil }
            return Array(raw.prefix(frame.totalLength))
        }
    }

    /// A packet from the broker.
    static func packet(_ bytes: [UInt8], version: ProtocolVersion) throws(TextFault) -> Packet {
        do {
            return try decode(bytes, version)
        } catch {
            throw TextFault("the broker sent \(hex(bytes)): \(error.fault)")
        }
    }

    private static func decode(_ bytes: [UInt8], _ version: ProtocolVersion) throws(MalformedPacket) -> Packet {
        let result = bytes.withUnsafeBytes { raw in
            Result { () throws(MalformedPacket) in
                guard let frame = try PacketDecoder.frame(raw, version: version) else { throw MalformedPacket(.truncated) }
                return try PacketDecoder.packet(
                    frame, body: UnsafeRawBufferPointer(rebasing: raw[frame.headerLength...]), version: version,
                    sender: .server, controlCharactersAllowed: true)
            }
        }
        return try result.get()
    }

    static func hex(_ bytes: some Collection<UInt8>) -> String {
        let shown = bytes.prefix(60).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        return bytes.count > 60 ? "\(shown) … (\(bytes.count) bytes)" : shown
    }
}
