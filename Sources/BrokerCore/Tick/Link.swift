import MQTTCodec
import Primitives

/// The bytes of one connection in both directions: an unfinished packet, and what waits to be written.
struct Link: BitwiseCopyable {
    var outbox = Outbox()
    /// Touched in this tick.
    var isDirty = false
    /// The network takes nothing now; it reports when it does.
    var isBlocked = false
    /// More than its bound is waiting, and the core knows.
    var isCongested = false
    /// Nothing is read from it until another shard has taken what this client had sent there.
    var isPaused = false
    /// The last batch that something held waits for.
    var heldUntil: UInt64 = 0
    /// Everything waits until what is held has gone: a CONNACK or SUBACK comes first.
    var isGated = false
    /// Bytes of answers written since then: a client may not go on asking without reading.
    var unreadAnswers = 0
    var unfinished = UnfinishedPacket()
}

/// The beginning of a packet whose end has not come. It grows with what arrives, not with what was announced.
struct UnfinishedPacket: BitwiseCopyable {
    private(set) var base: UnsafeMutableRawPointer?
    private(set) var count = 0
    private(set) var capacity = 0
    /// The length of the whole packet, once its header is known.
    var total = 0

    var isEmpty: Bool { count == 0 }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Where the next bytes of a large packet can be read to directly: its rest, a piece at a time.
    mutating func room() -> UnsafeMutableRawBufferPointer {
        if count == capacity { grow(to: min(total, max(65_536, capacity * 2))) }
        return UnsafeMutableRawBufferPointer(start: base.map { $0 + count }, count: capacity - count)
    }

    mutating func filled(_ more: Int) { count += more }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        if count + bytes.count > capacity { grow(to: count + bytes.count) }
        base.unsafelyUnwrapped.advanced(by: count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    mutating func deallocate() {
        base?.deallocate()
        self = UnfinishedPacket()
    }

    private mutating func grow(to wanted: Int) {
        let wider = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 8)
        if let base {
            wider.copyMemory(from: base, byteCount: count)
            base.deallocate()
        }
        base = wider
        capacity = wanted
    }
}
