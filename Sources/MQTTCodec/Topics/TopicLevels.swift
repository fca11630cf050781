/// The levels of a Topic Name or Topic Filter, each where it lies in the bytes, none copied [MQTT5 §4.7.1.1].
///
/// There is one level more than there are slashes; a level may be empty.
public struct TopicLevels: Sequence, IteratorProtocol, BitwiseCopyable {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var start = 0

    @inlinable public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Whether every level has been taken.
    @inlinable public var isAtEnd: Bool { start > bytes.count }

    @inlinable public mutating func next() -> UnsafeRawBufferPointer? {
        guard start <= bytes.count else { return nil }
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "/") { end &+= 1 }
        let level = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        start = end &+ 1
        return level
    }

    /// How many levels `bytes` have, without taking any.
    @inlinable public static func count(_ bytes: UnsafeRawBufferPointer) -> Int {
        var slashes = 0
        for byte in bytes where byte == UInt8(ascii: "/") { slashes &+= 1 }
        return slashes &+ 1
    }
}
