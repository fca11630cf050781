import MQTTCodec
import Primitives

/// Bytes of one direction → whole packets, however the bytes were cut.
package struct PacketStream {
    package enum Piece {
        case packet(Packet, length: Int)
        case malformed(MalformedPacket)
    }

    let sender: Sender
    /// Nil until CONNECT says it.
    var version: ProtocolVersion?
    private var bytes: [UInt8] = []

    package init(from sender: Sender, _ version: ProtocolVersion?) {
        self.sender = sender
        self.version = version
    }

    package mutating func append(_ more: [UInt8]) { bytes += more }

    /// The next whole packet, or what is wrong with the bytes; nil when more must come.
    package mutating func next() -> Piece? {
        guard !bytes.isEmpty else { return nil }
        do throws(MalformedPacket) {
            guard let (packet, length) = try decode() else { return nil }
            bytes.removeFirst(length)
            if case .connect(let connect) = packet { version = connect.version }
            return .packet(packet, length: length)
        } catch {
            bytes = []
            return .malformed(error)
        }
    }

    private func decode() throws(MalformedPacket) -> (Packet, Int)? {
        if sender == .client, version == nil, bytes[0] >> 4 != PacketType.connect.rawValue {
            throw MalformedPacket(.packetType, .protocolError)
        }
        var failure: MalformedPacket?
        let result: (Packet, Int)? = bytes.withUnsafeBytes { all in
            do throws(MalformedPacket) {
                guard let frame = try PacketDecoder.frame(all, version: version), frame.totalLength <= all.count else { return nil }
                let body = UnsafeRawBufferPointer(rebasing: all[frame.headerLength..<frame.totalLength])
                let packet = try PacketDecoder.packet(
                    frame, body: body, version: version, sender: sender, controlCharactersAllowed: true)
                return (packet, frame.totalLength)
            } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        return result
    }
}
