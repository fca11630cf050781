/// A first-in first-out queue that can also take back at its front. It owns no memory while it has never held anything.
///
/// A plain pointer: the owner calls `deallocate` when it is done. The caller bounds it.
public struct RingQueue<Element: BitwiseCopyable>: BitwiseCopyable {
    @usableFromInline var elements: UnsafeMutablePointer<Element>?
    @usableFromInline var capacity: UInt32 = 0
    @usableFromInline var head: UInt32 = 0
    @usableFromInline var used: UInt32 = 0

    @inlinable public init() {}

    @inlinable public var count: Int { Int(used) }
    @inlinable public var isEmpty: Bool { used == 0 }

    /// The element `offset` places behind the front.
    @inlinable public subscript(_ offset: Int) -> Element {
        get {
            precondition(offset >= 0 && offset < used, "queue index out of range")
            return elements.unsafelyUnwrapped[Int((head &+ UInt32(offset)) & (capacity &- 1))]
        }
        set {
            precondition(offset >= 0 && offset < used, "queue index out of range")
            elements.unsafelyUnwrapped[Int((head &+ UInt32(offset)) & (capacity &- 1))] = newValue
        }
    }

    @inlinable public mutating func append(_ element: Element) {
        if used == capacity { grow() }
        elements.unsafelyUnwrapped[Int((head &+ used) & (capacity &- 1))] = element
        used += 1
    }

    @inlinable public mutating func prepend(_ element: Element) {
        if used == capacity { grow() }
        head = (head &- 1) & (capacity &- 1)
        elements.unsafelyUnwrapped[Int(head)] = element
        used += 1
    }

    @inlinable public mutating func popFirst() -> Element? {
        guard used > 0 else { return nil }
        let element = elements.unsafelyUnwrapped[Int(head)]
        head = (head &+ 1) & (capacity &- 1)
        used -= 1
        if used == 0, capacity > 64 { deallocate() }
        return element
    }

    /// Takes the last element out; there is one.
    @inlinable public mutating func removeLast() {
        precondition(used > 0, "the queue is empty")
        used -= 1
    }

    /// Gives the memory back; the queue is empty afterwards.
    @inlinable public mutating func deallocate() {
        elements?.deallocate()
        self = RingQueue()
    }

    @usableFromInline mutating func grow() {
        let wider = Swift.max(4, capacity * 2)
        let fresh = UnsafeMutablePointer<Element>.allocate(capacity: Int(wider))
        if let elements {
            for i in 0..<used { fresh[Int(i)] = elements[Int((head &+ i) & (capacity &- 1))] }
            elements.deallocate()
        }
        elements = fresh
        capacity = wider
        head = 0
    }
}
