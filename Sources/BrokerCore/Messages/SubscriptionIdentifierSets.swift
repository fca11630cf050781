import MQTTCodec
import Primitives

/// The Subscription Identifiers that go with a delivery, encoded as properties and counted by use.
///
/// A set is named by its slot + 1, so that 0 can say "none".
struct SubscriptionIdentifierSets: ~Copyable {
    private struct Entry: BitwiseCopyable {
        var bytes: SharedBytes
        var uses: UInt32
    }

    private var slots = SlotTable<Entry>()

    deinit {
        for slot in 0..<slots.end where slots.isUsed(slot) { slots[slot].bytes.release() }
    }

    var count: Int { slots.count }

    /// A set of one identifier, with one use; 0 gives no set.
    mutating func make(_ identifier: UInt32) -> UInt32 { adding(identifier, to: 0) }

    /// A new set of those in `set` and `identifier`; the use of `set` passes to it [MQTT-3.3.4-4].
    mutating func adding(_ identifier: UInt32, to set: UInt32) -> UInt32 {
        guard identifier != 0 else { return set }
        let old = bytes(of: set)
        let fresh = SharedBytes(count: old.count + 1 + VariableByteInteger.length(identifier))
        UnsafeMutableRawBufferPointer(start: fresh.mutableBytes, count: old.count).copyMemory(from: old)
        let end = fresh.mutableBytes + old.count
        end.storeBytes(of: 0x0B, as: UInt8.self)
        _ = VariableByteInteger.write(identifier, to: end + 1)
        release(set)
        return slots.insert(Entry(bytes: fresh, uses: 1)) + 1
    }

    /// Property bytes to put into a PUBLISH.
    @inline(__always) func bytes(of set: UInt32) -> UnsafeRawBufferPointer {
        guard set != 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let bytes = slots[set - 1].bytes
        return UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.count)
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
