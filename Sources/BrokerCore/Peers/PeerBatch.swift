import Primitives

/// What one shard tells another in one tick: messages in order, and the bytes they name, in one piece of memory.
///
/// A plain pointer that crosses threads once: the sender fills it, the receiver reads it and calls `deallocate`.
/// Messages grow from the front, bytes from the end.
public struct PeerBatch: BitwiseCopyable, @unchecked Sendable {
    private struct Head: BitwiseCopyable {
        var sender: UInt32
        var count: UInt32
        /// Bytes of the whole piece, and where the copied ones begin.
        var size: Int
        var bytesStart: Int
        /// Bytes shared with the sender, not copied.
        var sharedBytes: Int
        /// Every version of a Retained Message the sender gives later is higher than this.
        var clock: Int64
    }

    private let memory: UnsafeMutableRawPointer
    private static var headSize: Int { 64 }
    private static var stride: Int { MemoryLayout<PeerMessage>.stride }
    /// Room of an ordinary batch.
    static var ordinarySize: Int { 16_384 }

    /// Room for one message with `byteCount` bytes, and for more where these are few.
    init(from sender: Int, byteCount: Int) {
        let size = max(Self.ordinarySize, Self.size(byteCount))
        memory = .allocate(byteCount: size, alignment: 16)
        memory.initializeMemory(
            as: Head.self,
            to: Head(sender: UInt32(sender), count: 0, size: size, bytesStart: size, sharedBytes: 0, clock: 0))
    }

    private static func size(_ byteCount: Int) -> Int { headSize + stride + byteCount + 16 }

    /// Whether an ordinary batch has room for one message with so many bytes.
    static func isOrdinary(_ byteCount: Int) -> Bool { size(byteCount) <= ordinarySize }

    /// Forgets what is in it.
    func empty() {
        head.pointee.count = 0
        head.pointee.bytesStart = head.pointee.size
        head.pointee.sharedBytes = 0
    }

    /// Not made for one large message.
    var isOrdinary: Bool { head.pointee.size == Self.ordinarySize }

    private var head: UnsafeMutablePointer<Head> { memory.assumingMemoryBound(to: Head.self) }

    /// The shard that filled it.
    public var sender: Int { Int(head.pointee.sender) }
    public var count: Int { Int(head.pointee.count) }
    /// What it counts against the bound of a mailbox, in bytes: its memory, however little is in it, and what it shares.
    public var weight: Int { head.pointee.size + head.pointee.sharedBytes }

    var clock: Int64 {
        get { head.pointee.clock }
        nonmutating set { head.pointee.clock = newValue }
    }

    /// The message at `index`.
    @inline(__always) subscript(_ index: Int) -> PeerMessage {
        precondition(index >= 0 && index < count, "no such message")
        return (memory + Self.headSize).assumingMemoryBound(to: PeerMessage.self)[index]
    }

    /// Whether one more message with `byteCount` bytes, in two pieces at most, fits.
    @inline(__always) func hasRoom(_ byteCount: Int) -> Bool {
        Self.headSize + (count + 1) * Self.stride + byteCount + 16 <= head.pointee.bytesStart
    }

    /// Room for bytes that the next message names, aligned to 8; the caller has asked `hasRoom`.
    @inline(__always) func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
        head.pointee.bytesStart = (head.pointee.bytesStart - byteCount) & ~7
        return memory + head.pointee.bytesStart
    }

    /// A value the next message names; the caller has asked `hasRoom`.
    func store<Value: BitwiseCopyable>(_ value: Value) -> UnsafePointer<Value> {
        let place = reserve(MemoryLayout<Value>.size).bindMemory(to: Value.self, capacity: 1)
        place.initialize(to: value)
        return UnsafePointer(place)
    }

    /// `sharing`: bytes the message shares with the sender.
    @inline(__always) func append(_ message: PeerMessage, sharing: Int = 0) {
        ((memory + Self.headSize).assumingMemoryBound(to: PeerMessage.self) + count).initialize(to: message)
        head.pointee.count += 1
        head.pointee.sharedBytes += sharing
    }

    /// Gives the memory back, not what its messages share: that is the receiver's.
    public func deallocate() { memory.deallocate() }

    /// Gives back the memory of a batch that nobody will read, and what its messages share; `close` is given the names
    /// of connections on their way.
    public func discard(_ close: (Int32) -> Void) {
        for i in 0..<count {
            if case .connection(let name, _, _) = self[i] { close(name) }
            self[i].sharedMessage?.body?.release()
        }
        memory.deallocate()
    }
}
