import Synchronization

/// Immutable bytes with a count of their users, in one allocation. Users may be on several threads.
///
/// A plain pointer, so that tables can hold it without reference counting by the compiler:
/// whoever stores it calls `retain`, whoever drops it calls `release`.
public struct SharedBytes: BitwiseCopyable, @unchecked Sendable {
    @usableFromInline let storage: UnsafeMutableRawPointer
    @usableFromInline static var headerSize: Int { 16 }

    /// Room for `count` bytes, with one user; fill it through `mutableBytes` before anybody else sees it.
    @inlinable public init(count: Int) {
        storage = .allocate(byteCount: Self.headerSize + count, alignment: 16)
        storage.assumingMemoryBound(to: Atomic<Int>.self).initialize(to: Atomic(1))
        storage.storeBytes(of: count, toByteOffset: 8, as: Int.self)
    }

    /// A copy of `bytes`, with one user.
    public init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count)
        UnsafeMutableRawBufferPointer(start: mutableBytes, count: bytes.count).copyMemory(from: bytes)
    }

    /// Whether these are the very bytes.
    @inlinable public func holds(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count, let start = other.baseAddress else { return count == other.count }
        return ByteComparison.isEqual(bytes, start, count)
    }

    @inlinable public var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }

    @inlinable public var count: Int { storage.load(fromByteOffset: 8, as: Int.self) }
    @inlinable public var bytes: UnsafeRawPointer { UnsafeRawPointer(storage + Self.headerSize) }
    @inlinable public var mutableBytes: UnsafeMutableRawPointer { storage + Self.headerSize }

    @inlinable public func retain() {
        users.pointee.wrappingAdd(1, ordering: .relaxed)
    }

    /// One user fewer; the last one frees the bytes.
    @inlinable public func release() {
        // A lone user has nobody to agree with, which spares most messages the dearer way.
        if users.pointee.load(ordering: .acquiring) == 1
            || users.pointee.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
        {
            storage.deallocate()
        }
    }

    @usableFromInline @inline(__always) var users: UnsafeMutablePointer<Atomic<Int>> { storage.assumingMemoryBound(to: Atomic<Int>.self) }
}
