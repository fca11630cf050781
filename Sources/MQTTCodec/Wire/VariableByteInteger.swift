import Primitives

/// A number in one to four bytes, seven bits each, the least significant first [MQTT5 §1.5.5].
public enum VariableByteInteger {
    /// What four bytes can say: 268,435,455.
    public static let maximum: UInt32 = 0x0FFF_FFFF

    /// How many bytes `value` takes [MQTT-1.5.5-1].
    @inlinable public static func length(_ value: UInt32) -> Int {
        value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4
    }

    /// Writes `value`, at most `maximum`, in its shortest form and returns the number of bytes [MQTT-1.5.5-1].
    @inlinable public static func write(_ value: UInt32, to target: UnsafeMutableRawPointer) -> Int {
        precondition(value <= 0x0FFF_FFFF, "too large for a Variable Byte Integer")
        var rest = value
        var count = 0
        while rest >= 0x80 {
            target.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: count, as: UInt8.self)
            rest >>= 7
            count &+= 1
        }
        target.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: count, as: UInt8.self)
        return count &+ 1
    }

    /// What reading one came to.
    public enum Reading: BitwiseCopyable, Hashable, Sendable {
        /// `isMinimal` is false when fewer bytes could have said it.
        case value(UInt32, isMinimal: Bool)
        /// The bytes end before the number does.
        case incomplete
        /// A fourth byte that promises a fifth.
        case tooLong
    }

    /// Reads the next number of `reader`.
    @inlinable public static func read(_ reader: inout ByteReader) -> Reading {
        var value: UInt32 = 0
        var shift: UInt32 = 0
        while shift < 28 {
            guard let byte = reader.uint8() else { return .incomplete }
            value |= UInt32(byte & 0x7F) &<< shift
            if byte < 0x80 { return .value(value, isMinimal: byte != 0 || shift == 0) }
            shift &+= 7
        }
        return .tooLong
    }
}
