/// Values filed under the slot numbers of another table: what one more module knows of the same things.
///
/// Chunks of 256 that never move; a slot's value is whatever was stored last.
public struct SlotArray<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline var chunks: [UnsafeMutablePointer<Element>] = []

    public init() {}

    deinit { for chunk in chunks { chunk.deallocate() } }

    /// The address of the value of a slot that has been stored to.
    @inlinable @inline(__always) public func pointer(to slot: UInt32) -> UnsafeMutablePointer<Element> {
        chunks[Int(slot) >> 8] + (Int(slot) & 255)
    }

    /// Begins a slot anew.
    public mutating func store(_ element: Element, at slot: UInt32) {
        while Int(slot) >> 8 >= chunks.count { chunks.append(.allocate(capacity: 256)) }
        pointer(to: slot).initialize(to: element)
    }
}
