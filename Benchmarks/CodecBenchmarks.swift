import MQTTCodec
import Primitives

/// Bytes → packets and back, without a broker.
enum CodecBenchmarks {
    private static let repeats = 100_000

    static func all() -> [Measurement] {
        [
            decodePublish("decode PUBLISH, 16 B", payload: 16), decodePublish("decode PUBLISH, 256 B", payload: 256), decodeAcknowledgement(),
            encode("encode PUBLISH, 16 B", publish()), encode("encode PUBACK", .acknowledgement(PublishAcknowledgement(.puback, packetID: 7))),
        ]
    }

    private static func publish() -> Packet {
        .publish(PublishPacket(topic: UTF8Text("sensors/room/temperature"), qos: .atLeastOnce, packetID: 7, payload: Array(repeating: 1, count: 16)))
    }

    private static func decodePublish(_ name: String, payload: Int) -> Measurement {
        var wire = Wire()
        for i in 0..<100 { wire.append(publish: "sensors/room\(i)/temperature", payload: payload, qos: .atLeastOnce) }
        return decode(name, wire.bytes) { frame, body throws(MalformedPacket) in
            try PacketDecoder.publish(flags: frame.flags, body: body, version: .v5, sender: .client, controlCharactersAllowed: false).payload.count
        }
    }

    private static func decodeAcknowledgement() -> Measurement {
        var wire = Wire()
        for i in 1...100 as ClosedRange<UInt16> { wire.append(.puback, i) }
        return decode("decode PUBACK", wire.bytes) { frame, body throws(MalformedPacket) in
            Int(try PacketDecoder.acknowledgement(.puback, flags: frame.flags, body: body, version: .v5).packetID)
        }
    }

    /// Walks a stream of 100 packets again and again; `read` gives something of each, so that none can be left out.
    @inline(__always)
    private static func decode(
        _ name: String, _ stream: UnsafeRawBufferPointer,
        _ read: (PacketDecoder.Frame, UnsafeRawBufferPointer) throws(MalformedPacket) -> Int
    ) -> Measurement {
        var sum = 0
        let result = measure(name, operations: repeats) {
            for _ in 0..<repeats / 100 {
                var offset = 0
                while offset < stream.count {
                    let rest = UnsafeRawBufferPointer(rebasing: stream[offset...])
                    guard let frame = try? PacketDecoder.frame(rest, version: .v5) else { return }
                    sum &+= (try? read(frame, UnsafeRawBufferPointer(rebasing: rest[frame.headerLength..<frame.totalLength]))) ?? 0
                    offset += frame.totalLength
                }
            }
        }
        precondition(sum > 0, "nothing was decoded")
        return result
    }

    private static func encode(_ name: String, _ packet: Packet) -> Measurement {
        var buffer = ByteBuffer()
        return measure(name, operations: repeats) {
            for _ in 0..<repeats {
                buffer.removeAll()
                PacketEncoder.encode(packet, version: .v5, into: &buffer)
            }
        }
    }
}
