/// A checked cursor over borrowed bytes: every read says whether it fitted.
public struct ByteReader: BitwiseCopyable {
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let end: Int
    @usableFromInline var position = 0

    @inlinable public init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; nothing is ever read from the stand-in.
        base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        end = bytes.count
    }

    /// How many bytes have been read.
    @inlinable public var offset: Int { position }
    @inlinable public var remaining: Int { end &- position }
    @inlinable public var isAtEnd: Bool { position == end }

    /// The next 1 byte as a big-endian number, or nil at the end.
    @inlinable public mutating func uint8() -> UInt8? {
        guard remaining >= 1 else { return nil }
        let value = base.load(fromByteOffset: position, as: UInt8.self)
        position &+= 1
        return value
    }

    /// The next 2 bytes as a big-endian number, or nil at the end.
    @inlinable public mutating func uint16() -> UInt16? {
        guard remaining >= 2 else { return nil }
        let value = (base + position).loadUnaligned(as: UInt16.self).bigEndian
        position &+= 2
        return value
    }

    /// The next 4 bytes as a big-endian number, or nil at the end.
    @inlinable public mutating func uint32() -> UInt32? {
        guard remaining >= 4 else { return nil }
        let value = (base + position).loadUnaligned(as: UInt32.self).bigEndian
        position &+= 4
        return value
    }

    /// The next 8 bytes as a big-endian number, or nil at the end.
    @inlinable public mutating func uint64() -> UInt64? {
        guard remaining >= 8 else { return nil }
        let value = (base + position).loadUnaligned(as: UInt64.self).bigEndian
        position &+= 8
        return value
    }

    /// The next `count` bytes, in place.
    @inlinable public mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, remaining >= count else { return nil }
        let slice = UnsafeRawBufferPointer(start: base + position, count: count)
        position &+= count
        return slice
    }

    /// All that is left, in place.
    @inlinable public mutating func rest() -> UnsafeRawBufferPointer {
        let slice = UnsafeRawBufferPointer(start: base + position, count: remaining)
        position = end
        return slice
    }
}
