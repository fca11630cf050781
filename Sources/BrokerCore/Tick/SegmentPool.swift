import Primitives

/// A piece of a connection's output: bytes copied into it, and behind them, if there are many, bytes shared with others.
///
/// Lives in raw memory with its copied bytes behind the header.
struct Segment: BitwiseCopyable {
    var next: UnsafeMutablePointer<Segment>?
    /// Bytes to be written, from `start` to `end`, of `capacity`.
    var start: UInt32 = 0
    var end: UInt32 = 0
    var capacity: UInt32
    var isSmall: Bool
    /// Kept alive for `sharedBase`; a segment with a shared part takes no more copied bytes.
    var shared: SharedBytes?
    var sharedBase: UnsafeRawPointer?
    var sharedCount = 0
}

extension UnsafeMutablePointer<Segment> {
    @inline(__always) var bytes: UnsafeMutableRawPointer { UnsafeMutableRawPointer(self + 1) }
    /// Puts bytes that are shared with others behind those copied into it.
    func share(_ bytes: SharedBytes, _ base: UnsafeRawPointer, _ count: Int) {
        bytes.retain()
        pointee.shared = bytes
        pointee.sharedBase = base
        pointee.sharedCount = count
    }

    @inline(__always) var room: Int { pointee.shared == nil ? Int(pointee.capacity - pointee.end) : 0 }
}

/// Segments that are kept for the next tick, so that output costs no allocation.
struct SegmentPool: ~Copyable {
    private static var largeBytes: Int { 8_192 }
    private static var smallBytes: Int { 320 }
    /// Bytes kept at most in segments of each kind: what a wide fan-out needs in one tick.
    private static var keptBytes: Int { 16_777_216 }

    private var large: UnsafeMutablePointer<Segment>?
    private var small: UnsafeMutablePointer<Segment>?
    private var largeCount = 0
    private var smallCount = 0
    /// Segments in use.
    private(set) var taken = 0

    deinit {
        Self.free(large)
        Self.free(small)
    }

    /// An empty segment with room for `count` bytes; a small one where that is enough and `prefersSmall`.
    @inline(__always) mutating func take(_ count: Int, prefersSmall: Bool) -> UnsafeMutablePointer<Segment> {
        taken += 1
        if prefersSmall, count <= Self.capacity(Self.smallBytes) {
            guard let segment = small else { return Self.allocate(Self.smallBytes, isSmall: true) }
            small = segment.pointee.next
            smallCount -= 1
            segment.pointee.next = nil
            return segment
        }
        if count <= Self.capacity(Self.largeBytes) {
            guard let segment = large else { return Self.allocate(Self.largeBytes, isSmall: false) }
            large = segment.pointee.next
            largeCount -= 1
            segment.pointee.next = nil
            return segment
        }
        return Self.allocate(count + MemoryLayout<Segment>.stride, isSmall: false)
    }

    @inline(__always) mutating func giveBack(_ segment: UnsafeMutablePointer<Segment>) {
        taken -= 1
        segment.pointee.shared?.release()
        segment.pointee.shared = nil
        segment.pointee.sharedCount = 0
        segment.pointee.start = 0
        segment.pointee.end = 0
        if segment.pointee.isSmall {
            guard smallCount < Self.keptBytes / Self.smallBytes else { return UnsafeMutableRawPointer(segment).deallocate() }
            segment.pointee.next = small
            small = segment
            smallCount += 1
        } else {
            guard largeCount < Self.keptBytes / Self.largeBytes, Int(segment.pointee.capacity) == Self.capacity(Self.largeBytes) else {
                return UnsafeMutableRawPointer(segment).deallocate()
            }
            segment.pointee.next = large
            large = segment
            largeCount += 1
        }
    }

    private static func capacity(_ bytes: Int) -> Int { bytes - MemoryLayout<Segment>.stride }

    private static func allocate(_ bytes: Int, isSmall: Bool) -> UnsafeMutablePointer<Segment> {
        let segment = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16).bindMemory(to: Segment.self, capacity: 1)
        segment.initialize(to: Segment(capacity: UInt32(capacity(bytes)), isSmall: isSmall))
        return segment
    }

    private static func free(_ first: UnsafeMutablePointer<Segment>?) {
        var segment = first
        while let current = segment {
            segment = current.pointee.next
            UnsafeMutableRawPointer(current).deallocate()
        }
    }
}
