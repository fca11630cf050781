import MQTTCodec
import Primitives

/// The Subscription Identifiers that go with a delivery, encoded as properties and counted by use.
///
/// A set is named by its slot + 1, so that 0 can say "none".
struct SubscriptionIdentifierSets: ~Copyable {
    private struct Entry: BitwiseCopyable {
        /// Room for `count` bytes and more.
        var bytes: SharedBytes
        var count: Int
        var uses: UInt32
    }

    private var slots = SlotTable<Entry>()

    deinit {
        for slot in 0..<slots.end where slots.isUsed(slot) { slots[slot].bytes.release() }
    }

    var count: Int { slots.count }

    /// A set of one identifier, with one use; 0 gives no set.
    mutating func make(_ identifier: UInt32) -> UInt32 { adding(identifier, to: 0) }

    /// A set with these encoded properties, with one use; none gives no set.
    mutating func make(encoded: UnsafeRawBufferPointer) -> UInt32 {
        guard !encoded.isEmpty else { return 0 }
        return slots.insert(Entry(bytes: SharedBytes(copying: encoded), count: encoded.count, uses: 1)) + 1
    }

    /// A set of those in `set` and `identifier`; the use of `set` passes to it [MQTT-3.3.4-4]. One that nobody else uses
    /// grows where it is, with room to spare: thousands of subscriptions may match one topic.
    mutating func adding(_ identifier: UInt32, to set: UInt32) -> UInt32 {
        guard identifier != 0 else { return set }
        let size = 1 + VariableByteInteger.length(identifier)
        if set != 0, slots[set - 1].uses == 1 {
            let entry = slots.pointer(to: set - 1)
            if entry.pointee.count + size > entry.pointee.bytes.count {
                let wider = Self.copy(bytes(of: set), room: (entry.pointee.count + size) * 2)
                entry.pointee.bytes.release()
                entry.pointee.bytes = wider
            }
            Self.write(identifier, to: entry.pointee.bytes.mutableBytes + entry.pointee.count)
            entry.pointee.count += size
            return set
        }
        let old = bytes(of: set)
        let fresh = Self.copy(old, room: old.count + size)
        Self.write(identifier, to: fresh.mutableBytes + old.count)
        release(set)
        return slots.insert(Entry(bytes: fresh, count: old.count + size, uses: 1)) + 1
    }

    private static func copy(_ bytes: UnsafeRawBufferPointer, room: Int) -> SharedBytes {
        let copy = SharedBytes(count: room)
        UnsafeMutableRawBufferPointer(start: copy.mutableBytes, count: bytes.count).copyMemory(from: bytes)
        return copy
    }

    private static func write(_ identifier: UInt32, to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: 0x0B, as: UInt8.self)
        _ = VariableByteInteger.write(identifier, to: target + 1)
    }

    /// Property bytes to put into a PUBLISH.
    @inline(__always) func bytes(of set: UInt32) -> UnsafeRawBufferPointer {
        guard set != 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let entry = slots.pointer(to: set - 1)
        return UnsafeRawBufferPointer(start: entry.pointee.bytes.bytes, count: entry.pointee.count)
    }

    @inline(__always) func retain(_ set: UInt32) {
        if set != 0 { slots.pointer(to: set - 1).pointee.uses += 1 }
    }

    @inline(__always) mutating func release(_ set: UInt32) {
        guard set != 0 else { return }
        let entry = slots.pointer(to: set - 1)
        entry.pointee.uses -= 1
        if entry.pointee.uses == 0 {
            entry.pointee.bytes.release()
            slots.remove(set - 1)
        }
    }
}
