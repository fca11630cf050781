import Primitives

/// The Retained Messages, one a Topic Name [MQTT5 §3.3.1.3]: set, replace, clear.
struct RetainedStore: ~Copyable {
    static var none: UInt32 { .max }

    struct Value: BitwiseCopyable {
        var message: UInt32
        /// Counts the changes of the store, so that a subscription knows what it has been sent live.
        var sequence: UInt64
        var expiryTimer: UInt32
        /// A hash of the Client Identifier that published it, for No Local; 0: none.
        var publisher: UInt64
        /// Cursors that stand here.
        var pins: UInt32

        static let empty = Value(message: RetainedStore.none, sequence: 0, expiryTimer: TimerWheel.none, publisher: 0, pins: 0)
    }

    var tree: TopicTree<Value>
    private(set) var count = 0
    private(set) var bytes = 0
    /// The number of the last change.
    private(set) var sequence: UInt64 = 0

    init(hash: ByteHash) { tree = TopicTree(hash: hash, empty: .empty) }

    func find(_ topic: UnsafeRawBufferPointer) -> UInt32? { tree.find(topic) }

    @inline(__always) func value(_ node: UInt32) -> UnsafeMutablePointer<Value> {
        tree.pointer(to: node).pointer(to: \.value).unsafelyUnwrapped
    }

    /// Puts `message` in place of what was there; the old message and timer, whose uses pass to the caller.
    mutating func set(_ message: UInt32, by publisher: UInt64, size: Int, at node: UInt32, replacedSize: Int) -> Value {
        let value = value(node)
        let old = value.pointee
        sequence += 1
        value.pointee.message = message
        value.pointee.publisher = publisher
        value.pointee.sequence = sequence
        value.pointee.expiryTimer = TimerWheel.none
        if old.message == Self.none { count += 1 }
        bytes += size - replacedSize
        return old
    }

    /// Takes the message at `node` away; it passes to the caller, with its timer.
    mutating func clear(_ node: UInt32, size: Int) -> Value {
        let value = value(node)
        let old = value.pointee
        guard old.message != Self.none else { return old }
        sequence += 1
        value.pointee.message = Self.none
        value.pointee.expiryTimer = TimerWheel.none
        count -= 1
        bytes -= size
        prune(node)
        return old
    }

    mutating func pin(_ node: UInt32) { value(node).pointee.pins += 1 }

    mutating func unpin(_ node: UInt32) {
        value(node).pointee.pins -= 1
        prune(node)
    }

    private mutating func prune(_ node: UInt32) { tree.prune(node) { $0.message == Self.none && $0.pins == 0 } }
}

extension BrokerCore {
    /// Stores, replaces or clears the Retained Message of a topic [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-7].
    /// False when the store is full.
    mutating func retain(_ message: UInt32, from publisher: UInt32, at now: Instant) -> Bool {
        let content = messages.pointer(to: message)
        if content.pointee.payloadLength == 0 {
            if let node = retained.find(content.pointee.topicBytes) { clearRetained(node) }
            return true
        }
        let size = content.pointee.size
        var replacedSize = 0
        var isNew = true
        if let node = retained.find(content.pointee.topicBytes), retained.value(node).pointee.message != RetainedStore.none {
            replacedSize = messages[retained.value(node).pointee.message].size
            isNew = false
        }
        if isNew, retained.count >= options.limits.retainedMessages { return false }
        if retained.bytes + size - replacedSize > options.limits.retainedBytes { return false }
        messages.own(message)
        messages.retain(message)
        let node = retained.tree.insert(content.pointee.topicBytes)
        let old = retained.set(
            message, by: publisher == Session.none ? 0 : registry.key(of: sessions[publisher].clientIDBytes), size: size, at: node,
            replacedSize: replacedSize)
        if old.message != RetainedStore.none { messages.release(old.message) }
        if old.expiryTimer != TimerWheel.none { timers.cancel(old.expiryTimer) }
        if content.pointee.expires < .never {
            retained.value(node).pointee.expiryTimer = timers.arm(TimerToken.make(.retainedExpiry, node), at: content.pointee.expires)
        }
        return true
    }

    /// The Message Expiry Interval of a Retained Message has passed.
    mutating func retainedExpired(_ node: UInt32) {
        retained.value(node).pointee.expiryTimer = TimerWheel.none
        clearRetained(node)
    }

    private mutating func clearRetained(_ node: UInt32) {
        let message = retained.value(node).pointee.message
        guard message != RetainedStore.none else { return }
        let old = retained.clear(node, size: messages[message].size)
        messages.release(old.message)
        if old.expiryTimer != TimerWheel.none { timers.cancel(old.expiryTimer) }
    }
}
