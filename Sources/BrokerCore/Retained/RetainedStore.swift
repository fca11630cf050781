import BrokerRecords
import Primitives

/// The Retained Messages, one a Topic Name [MQTT5 §3.3.1.3]: set, replace, clear.
struct RetainedStore: ~Copyable {
    static var none: UInt32 { .max }

    struct Value: BitwiseCopyable {
        var message: UInt32
        /// Counts the changes of the store, so that a subscription knows what it has been sent live.
        var sequence: UInt64
        var expiryTimer: UInt32
        /// Whose it is, and which of several wins; of one that was cleared, until every shard knows.
        var stamp = RetainedStamp()
        /// Cursors that stand here.
        var pins: UInt32

        static let empty = Value(message: RetainedStore.none, sequence: 0, expiryTimer: TimerWheel.none, pins: 0)
    }

    var tree: TopicTree<Value>
    private(set) var count = 0
    private(set) var bytes = 0
    /// What of it the broker itself keeps under `$SYS`, which takes nobody's room.
    private(set) var system = (count: 0, bytes: 0)
    /// The number of the last change.
    private(set) var sequence: UInt64 = 0
    /// The highest version ever seen: every later one is higher.
    private(set) var clock: Int64 = 0
    /// What was cleared, and not every shard knows, in the order in which it was cleared.
    private var tombstones = RingQueue<Tombstone>()

    private struct Tombstone: BitwiseCopyable {
        var node: UInt32
        var version: Int64
    }

    init(hash: ByteHash) { tree = TopicTree(hash: hash, empty: .empty) }

    deinit {
        var tombstones = tombstones
        tombstones.deallocate()
    }

    func find(_ topic: UnsafeRawBufferPointer) -> UInt32? { tree.find(topic) }

    @inline(__always) func value(_ node: UInt32) -> UnsafeMutablePointer<Value> {
        tree.pointer(to: node).pointer(to: \.value).unsafelyUnwrapped
    }

    /// Puts `message` in place of what was there; the old message and timer, whose uses pass to the caller.
    mutating func set(_ message: UInt32, _ stamp: RetainedStamp, size: Int, at node: UInt32, replacedSize: Int) -> Value {
        let value = value(node)
        let old = value.pointee
        sequence += 1
        value.pointee.message = message
        value.pointee.stamp = stamp
        value.pointee.sequence = sequence
        value.pointee.expiryTimer = TimerWheel.none
        if old.message == Self.none { count += 1 }
        bytes += size - replacedSize
        return old
    }

    /// Takes the message at `node` away; it passes to the caller, with its timer. The node stays until `prune`.
    mutating func clear(_ node: UInt32, size: Int) -> Value {
        let value = value(node)
        let old = value.pointee
        guard old.message != Self.none else { return old }
        sequence += 1
        value.pointee.message = Self.none
        value.pointee.expiryTimer = TimerWheel.none
        value.pointee.stamp = RetainedStamp()
        count -= 1
        bytes -= size
        return old
    }

    /// So many more under `$SYS`; below 0, so many fewer.
    mutating func countSystem(_ count: Int, bytes: Int) {
        system.count += count
        system.bytes += bytes
    }

    /// A version for a change made by `shard`, higher than all that were seen.
    mutating func nextVersion(at now: Instant, by shard: Int) -> Int64 {
        clock = (max(clock, now.nanoseconds) | 63) + 1 + Int64(shard)
        return clock
    }

    mutating func saw(_ version: Int64) { clock = max(clock, version) }

    /// Remembers when an empty node was cleared, so that no older message comes to life again.
    mutating func bury(_ node: UInt32, _ version: Int64) {
        value(node).pointee.stamp.version = version
        tombstones.append(Tombstone(node: node, version: version))
    }

    var hasTombstones: Bool { !tombstones.isEmpty }
    var tombstoneCount: Int { tombstones.count }

    /// No shard gives a version up to this any more.
    mutating func forgetTombstones(upTo version: Int64) {
        while !tombstones.isEmpty, tombstones[0].version <= version {
            guard let tombstone = tombstones.popFirst() else { return }
            let value = value(tombstone.node)
            guard value.pointee.message == Self.none, value.pointee.stamp.version == tombstone.version else { continue }
            value.pointee.stamp = RetainedStamp()
            prune(tombstone.node)
        }
    }

    mutating func pin(_ node: UInt32) { value(node).pointee.pins += 1 }

    mutating func unpin(_ node: UInt32) {
        value(node).pointee.pins -= 1
        prune(node)
    }

    mutating func prune(_ node: UInt32) {
        tree.prune(node) { $0.message == Self.none && $0.pins == 0 && $0.stamp.version == 0 }
    }
}

/// Of several Retained Messages of a topic, the one with the highest version wins, on every shard.
struct RetainedStamp: BitwiseCopyable {
    /// Nanoseconds of the clock, with the shard that gave it in the last six bits; 0: none.
    var version: Int64 = 0
    /// A hash of the Client Identifier that published it, for No Local; 0: none.
    var publisher: UInt64 = 0
    /// Its number on disk; 0: it is not there.
    var record: UInt64 = 0
}

extension BrokerCore {
    /// Stores, replaces or clears the Retained Message of a topic [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-7]; how it
    /// is stamped, for the other shards. nil when the store is full.
    @inline(never)
    mutating func retain(_ message: UInt32, from publisher: UInt32, at now: Instant) -> RetainedStamp? {
        let content = messages.pointer(to: message)
        let isSystem = Self.isBelow("$SYS", content.pointee.topicBytes)
        if content.pointee.payloadLength > 0, !isSystem {
            let replaced = retainedSize(content.pointee.topicBytes)
            if replaced == nil, retained.count - retained.system.count >= options.limits.retainedMessages { return nil }
            let size = content.pointee.size - (replaced ?? 0)
            if retained.bytes - retained.system.bytes + size > options.limits.retainedBytes { return nil }
        }
        // What the broker counts begins anew with each run.
        let isKept = journal.isOn && content.pointee.payloadLength > 0 && !isSystem
        let stamp = RetainedStamp(
            version: retained.nextVersion(at: now, by: place.index),
            publisher: publisher == Session.none ? 0 : registry.key(of: sessions[publisher].clientIDBytes),
            record: isKept ? journal.makeNumber() : 0)
        retain(message, stamp)
        if stamp.record != 0 { keepRetained(message, stamp) }
        return stamp
    }

    /// Stores, replaces or clears, unless something newer is there.
    mutating func retain(_ message: UInt32, _ stamp: RetainedStamp) {
        retained.saw(stamp.version)
        let content = messages.pointer(to: message)
        if content.pointee.payloadLength == 0 {
            clearRetained(content.pointee.topicBytes, stamp.version)
            return
        }
        let node = retained.tree.insert(content.pointee.topicBytes)
        guard retained.value(node).pointee.stamp.version < stamp.version else {
            forgetRetained(stamp, after: retained.value(node).pointee.stamp.version)
            return
        }
        messages.own(message)
        messages.retain(message)
        let replaced = retained.value(node).pointee.message
        let replacedSize = replaced == RetainedStore.none ? 0 : messages[replaced].size
        let old = retained.set(message, stamp, size: content.pointee.size, at: node, replacedSize: replacedSize)
        if Self.isBelow("$SYS", content.pointee.topicBytes) {
            retained.countSystem(replaced == RetainedStore.none ? 1 : 0, bytes: content.pointee.size - replacedSize)
        }
        if old.message != RetainedStore.none { messages.release(old.message) }
        if old.expiryTimer != TimerWheel.none { timers.cancel(old.expiryTimer) }
        forgetRetained(old.stamp, after: stamp.version)
        if content.pointee.expires < .never {
            retained.value(node).pointee.expiryTimer = timers.arm(TimerToken.make(.retainedExpiry, node), at: content.pointee.expires)
        }
    }

    /// The size of what is retained for a topic, if there is something.
    private func retainedSize(_ topic: UnsafeRawBufferPointer) -> Int? {
        guard let node = retained.find(topic), retained.value(node).pointee.message != RetainedStore.none else { return nil }
        return messages[retained.value(node).pointee.message].size
    }

    private mutating func clearRetained(_ topic: UnsafeRawBufferPointer, _ version: Int64) {
        let isAlone = outbox.others.isEmpty
        guard let node = isAlone ? retained.find(topic) : retained.tree.insert(topic),
            retained.value(node).pointee.stamp.version < version
        else { return }
        forgetRetained(retained.value(node).pointee.stamp, after: version)
        removeRetained(node)
        if isAlone { retained.prune(node) } else { retained.bury(node, version) }
    }

    /// The Message Expiry Interval of a Retained Message has passed.
    mutating func retainedExpired(_ node: UInt32) {
        retained.value(node).pointee.expiryTimer = TimerWheel.none
        let version = retained.value(node).pointee.stamp.version
        forgetRetained(retained.value(node).pointee.stamp, after: version)
        removeRetained(node)
        if outbox.others.isEmpty {
            retained.prune(node)
        } else {
            // One that it replaced may still be on its way.
            retained.bury(node, version)
            owesClock = true
            forgetTombstones()
        }
    }

    /// What is retained no more goes from the disk, too. The shard that put it there sees to it, for it has surely known it;
    /// and so does the one that gave the winner, for a publisher does not clear twice what was received.
    private mutating func forgetRetained(_ lost: RetainedStamp, after winner: Int64) {
        guard lost.record != 0, isOwn(Int(lost.record & 63)) || isOwn(Int(winner & 63)) else { return }
        journal.delete(lost.record, in: BrokerTable.retained)
    }

    /// Whether this shard answers for what that one wrote, perhaps when there were more.
    private func isOwn(_ shard: Int) -> Bool { shard % place.count == place.index }

    private mutating func removeRetained(_ node: UInt32) {
        let message = retained.value(node).pointee.message
        guard message != RetainedStore.none else { return }
        let size = messages[message].size
        let old = retained.clear(node, size: size)
        if Self.isBelow("$SYS", messages[message].topicBytes) { retained.countSystem(-1, bytes: -size) }
        messages.release(old.message)
        if old.expiryTimer != TimerWheel.none { timers.cancel(old.expiryTimer) }
    }
}
