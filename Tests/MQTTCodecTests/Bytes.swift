import MQTTCodec
import Primitives

/// Bytes written as hexadecimal digits.
func bytes(_ hex: some StringProtocol) -> [UInt8] {
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map { i in
        UInt8(String(decoding: digits[i...(i + 1)], as: UTF8.self), radix: 16) ?? 0
    }
}

func encoded(_ packet: Packet, _ version: ProtocolVersion) -> [UInt8] {
    var buffer = ByteBuffer()
    PacketEncoder.encode(packet, version: version, into: &buffer)
    return Array(buffer.bytes)
}

/// Decodes the first packet of `bytes`; nil when it is not complete.
func decoded(
    _ bytes: [UInt8], _ version: ProtocolVersion?, from sender: Sender, controlCharactersAllowed: Bool = false
) throws(MalformedPacket) -> Packet? {
    try bytes.withUnsafeBytes { raw in
        Result { () throws(MalformedPacket) -> Packet? in
            guard let frame = try PacketDecoder.frame(raw, version: version), frame.totalLength <= raw.count else {
                return nil
            }
            let body = UnsafeRawBufferPointer(rebasing: raw[frame.headerLength..<frame.totalLength])
            return try PacketDecoder.packet(
                frame, body: body, version: version, sender: sender, controlCharactersAllowed: controlCharactersAllowed)
        }
    }.get()
}

/// What is wrong with `bytes`, or nil when they are a packet or the beginning of one.
func fault(_ hex: String, _ version: ProtocolVersion, from sender: Sender = .client) -> MalformedPacket? {
    do throws(MalformedPacket) {
        _ = try decoded(bytes(hex), version, from: sender)
        return nil
    } catch {
        return error
    }
}
