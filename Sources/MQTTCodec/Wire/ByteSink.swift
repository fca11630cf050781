import Primitives

/// Where the bytes of a packet go: into a buffer, or into a count of them. So a layout is written down once and
/// both measured and encoded by it.
protocol ByteSink: ~Copyable {
    mutating func append(_ byte: UInt8)
    mutating func append(_ value: UInt16)
    mutating func append(_ value: UInt32)
    mutating func append(_ bytes: [UInt8])
}

extension ByteBuffer: ByteSink {}

/// Counts what would have been written.
struct ByteCount: ByteSink {
    var count = 0
    mutating func append(_ byte: UInt8) { count += 1 }
    mutating func append(_ value: UInt16) { count += 2 }
    mutating func append(_ value: UInt32) { count += 4 }
    mutating func append(_ bytes: [UInt8]) { count += bytes.count }
}

extension ByteSink where Self: ~Copyable {
    mutating func append(variable value: Int) {
        precondition(value >= 0 && value <= MQTTCodec.maximumRemainingLength, "too large for a Variable Byte Integer")
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(lengthPrefixed bytes: [UInt8]) {
        precondition(bytes.count <= Int(UInt16.max), "longer than 65,535 bytes")
        append(UInt16(bytes.count))
        append(bytes)
    }

    mutating func append(_ text: UTF8Text) { append(lengthPrefixed: text.bytes) }
}
