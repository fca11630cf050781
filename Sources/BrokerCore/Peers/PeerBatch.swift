import Primitives

/// What one shard tells another in one tick: messages in order, and the bytes they name, in one piece of memory.
///
/// A plain pointer that crosses threads once: the sender fills it, the receiver reads it and gives it back or frees it.
/// Each message is followed by its bytes: whoever reads them reads memory in one direction.
public struct PeerBatch: BitwiseCopyable, @unchecked Sendable {
    private struct Head: BitwiseCopyable {
        var sender: UInt32
        var count: UInt32
        /// Bytes of the whole piece, and how many are used.
        var size: Int
        var used: Int
        /// Bytes reserved for what the next message names.
        var reserved: Int
        /// Bytes shared with the sender, not copied.
        var sharedBytes: Int
        /// There is interest among its messages.
        var hasInterest = false
        /// Every version of a Retained Message the sender gives later is higher than this.
        var clock: Int64
    }

    private let memory: UnsafeMutableRawPointer
    private static var headSize: Int { 64 }
    /// A message, behind the number of bytes it takes with all it names.
    private static var messageSize: Int { 8 + MemoryLayout<PeerMessage>.stride }
    /// Room of an ordinary batch.
    static var ordinarySize: Int { 16_384 }

    /// Room for one message with `byteCount` bytes, and for more where these are few; not if it `isTight`.
    init(from sender: Int, byteCount: Int, isTight: Bool = false) {
        let size = isTight ? Self.size(byteCount) : max(Self.ordinarySize, Self.size(byteCount))
        memory = .allocate(byteCount: size, alignment: 16)
        memory.initializeMemory(
            as: Head.self,
            to: Head(sender: UInt32(sender), count: 0, size: size, used: Self.headSize, reserved: 0, sharedBytes: 0, clock: 0))
    }

    private static func size(_ byteCount: Int) -> Int { headSize + messageSize + byteCount + 16 }

    /// Whether an ordinary batch has room for one message with so many bytes.
    static func isOrdinary(_ byteCount: Int) -> Bool { size(byteCount) <= ordinarySize }

    /// Forgets what is in it.
    func empty() {
        head.pointee.count = 0
        head.pointee.used = Self.headSize
        head.pointee.sharedBytes = 0
        head.pointee.hasInterest = false
    }

    var hasInterest: Bool { head.pointee.hasInterest }

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

    /// The messages in their order.
    struct Messages: Sequence, IteratorProtocol {
        fileprivate var place: UnsafeMutableRawPointer
        fileprivate var left: Int

        @inline(__always) mutating func next() -> PeerMessage? {
            guard left > 0 else { return nil }
            left -= 1
            let message = (place + 8).assumingMemoryBound(to: PeerMessage.self)
            place += place.load(as: Int.self)
            return message.pointee
        }
    }

    @inline(__always) var messages: Messages { Messages(place: memory + Self.headSize, left: count) }

    /// Whether one more message with `byteCount` bytes, in two pieces at most, fits.
    @inline(__always) func hasRoom(_ byteCount: Int) -> Bool {
        head.pointee.used + Self.messageSize + byteCount + 16 <= head.pointee.size
    }

    /// Room for bytes that the next message names, aligned to 8; the caller has asked `hasRoom`.
    @inline(__always) func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let place = memory + head.pointee.used + Self.messageSize + head.pointee.reserved
        head.pointee.reserved += (byteCount + 7) & ~7
        return place
    }

    /// A value the next message names; the caller has asked `hasRoom`.
    func store<Value: BitwiseCopyable>(_ value: Value) -> UnsafePointer<Value> {
        let place = reserve(MemoryLayout<Value>.size).bindMemory(to: Value.self, capacity: 1)
        place.initialize(to: value)
        return UnsafePointer(place)
    }

    /// `sharing`: bytes the message shares with the sender.
    @inline(__always) func append(_ message: PeerMessage, sharing: Int = 0) {
        let place = memory + head.pointee.used
        let size = Self.messageSize + head.pointee.reserved
        place.storeBytes(of: size, as: Int.self)
        (place + 8).initializeMemory(as: PeerMessage.self, to: message)
        if case .interest = message { head.pointee.hasInterest = true }
        head.pointee.used += size
        head.pointee.reserved = 0
        head.pointee.count += 1
        head.pointee.sharedBytes += sharing
    }

    /// Gives the memory back, not what its messages share: that is the receiver's.
    public func deallocate() { memory.deallocate() }

    /// Gives back the memory of a batch that nobody will read, and what its messages share; `close` is given the names
    /// of connections on their way.
    public func discard(_ close: (Int32) -> Void) {
        for message in messages {
            if case .connection(let name, _, _) = message { close(name) }
            message.sharedMessage?.body?.release()
        }
        memory.deallocate()
    }
}
