import Primitives

/// What waits to be written to one connection: small frames are copied, large ones shared, one write a tick.
///
/// Acknowledgements of a tick stand before the messages of the same tick. Three lists of segments, each known by its
/// last, which points at its first; an empty outbox owns no memory. What promises something that is not on disk yet is
/// held in parcels, one for each batch it waits for.
struct Outbox: BitwiseCopyable {
    private typealias List = UnsafeMutablePointer<Segment>?

    /// Left from an earlier write.
    private var pending: List = nil
    private var acknowledgements: List = nil
    private var messages: List = nil
    /// What waits for the disk, in order.
    private var parcels = RingQueue<Parcel>()
    /// Bytes in all of them, and those of them that are held.
    private(set) var count = 0
    private(set) var heldCount = 0
    /// Parcels with messages in them.
    private var messageParcels: UInt32 = 0

    private struct Parcel: BitwiseCopyable {
        var batch: UInt64
        var acknowledgements: List = nil
        var messages: List = nil
        var count = 0
    }

    var isEmpty: Bool { count == 0 }
    /// Nothing can be written now.
    var isIdle: Bool { count == heldCount }
    var holds: Bool { heldCount > 0 }
    /// Messages are among what is held: others of their kind must not overtake them.
    var holdsMessages: Bool { messageParcels > 0 }
    /// The batch that has to be on disk before all that is held can go.
    var heldUntil: UInt64 { parcels.isEmpty ? 0 : parcels[parcels.count - 1].batch }

    /// Room for `size` bytes, and for `shared` behind them, that are not written before `batch` is on disk; the caller fills
    /// it at once. What is held already goes first.
    mutating func hold(
        _ size: Int, until batch: UInt64, asMessage: Bool, sharing shared: (SharedBytes, UnsafeRawPointer, Int)? = nil,
        _ pool: inout SegmentPool
    ) -> UnsafeMutableRawPointer {
        if parcels.isEmpty || parcels[parcels.count - 1].batch < batch { parcels.append(Parcel(batch: batch)) }
        var parcel = parcels[parcels.count - 1]
        if asMessage, parcel.messages == nil { messageParcels += 1 }
        let total = size + (shared?.2 ?? 0)
        count += total
        heldCount += total
        parcel.count += total
        let place =
            asMessage
            ? Self.reserve(size, &parcel.messages, &pool, prefersSmall: true)
            : Self.reserve(size, &parcel.acknowledgements, &pool, prefersSmall: true)
        if let (bytes, base, sharedCount) = shared, let last = parcel.messages { last.share(bytes, base, sharedCount) }
        parcels[parcels.count - 1] = parcel
        return place
    }

    /// What waited for batches up to this one can be written.
    mutating func release(upTo batch: UInt64) {
        while !parcels.isEmpty, parcels[0].batch <= batch, var parcel = parcels.popFirst() {
            if parcel.messages != nil { messageParcels -= 1 }
            Self.append(&parcel.acknowledgements, to: &acknowledgements)
            Self.append(&parcel.messages, to: &messages)
            heldCount -= parcel.count
        }
    }

    /// Room for `size` bytes behind the acknowledgements; the caller fills it at once.
    @inline(__always) mutating func acknowledgement(_ size: Int, _ pool: inout SegmentPool) -> UnsafeMutableRawPointer {
        count += size
        return Self.reserve(size, &acknowledgements, &pool)
    }

    /// Room for `size` bytes behind the messages; the caller fills it at once.
    @inline(__always) mutating func message(_ size: Int, _ pool: inout SegmentPool) -> UnsafeMutableRawPointer {
        count += size
        return Self.reserve(size, &messages, &pool)
    }

    /// Room for `size` bytes behind the messages, and `sharedCount` bytes of `shared` behind these.
    mutating func message(
        _ size: Int, sharing shared: SharedBytes, _ base: UnsafeRawPointer, _ sharedCount: Int, _ pool: inout SegmentPool
    ) -> UnsafeMutableRawPointer {
        count += size + sharedCount
        let place = Self.reserve(size, &messages, &pool)
        if let last = messages { last.share(shared, base, sharedCount) }
        return place
    }

    /// The slices to write next, oldest first.
    mutating func slices(into slices: inout [OutputSlice], limit: Int) {
        join()
        guard let last = pending else { return }
        var segment = last.pointee.next
        while let current = segment, slices.count + 2 <= limit {
            if current.pointee.end > current.pointee.start {
                slices.append(
                    OutputSlice(base: current.bytes + Int(current.pointee.start), count: Int(current.pointee.end - current.pointee.start)))
            }
            if current.pointee.sharedCount > 0, let base = current.pointee.sharedBase {
                slices.append(OutputSlice(base: base, count: current.pointee.sharedCount))
            }
            segment = current == last ? nil : current.pointee.next
        }
    }

    /// The network has taken `written` bytes.
    mutating func drop(_ written: Int, _ pool: inout SegmentPool) {
        count -= written
        var left = written
        while let last = pending, let first = last.pointee.next {
            let copied = min(left, Int(first.pointee.end - first.pointee.start))
            first.pointee.start += UInt32(copied)
            left -= copied
            let shared = min(left, first.pointee.sharedCount)
            first.pointee.sharedBase = first.pointee.sharedBase.map { $0 + shared }
            first.pointee.sharedCount -= shared
            left -= shared
            if first.pointee.start < first.pointee.end || first.pointee.sharedCount > 0 { return }
            pending = first == last ? nil : last
            if first != last { last.pointee.next = first.pointee.next }
            pool.giveBack(first)
        }
    }

    mutating func deallocate(_ pool: inout SegmentPool) {
        release(upTo: .max)
        join()
        drop(count, &pool)
        parcels.deallocate()
    }

    /// Puts the tick's acknowledgements and then its messages behind what is pending.
    private mutating func join() {
        Self.append(&acknowledgements, to: &pending)
        Self.append(&messages, to: &pending)
    }

    private static func append(_ list: inout List, to target: inout List) {
        guard let last = list else { return }
        if let targetLast = target {
            let first = last.pointee.next
            last.pointee.next = targetLast.pointee.next
            targetLast.pointee.next = first
        }
        target = last
        list = nil
    }

    @inline(__always)
    private static func reserve(
        _ size: Int, _ list: inout List, _ pool: inout SegmentPool, prefersSmall: Bool = false
    ) -> UnsafeMutableRawPointer {
        if let last = list, last.room >= size {
            let place = last.bytes + Int(last.pointee.end)
            last.pointee.end += UInt32(size)
            return place
        }
        // Behind a shared part there is mostly one header, then the next shared part.
        let segment = pool.take(size, prefersSmall: prefersSmall || list?.pointee.shared != nil)
        segment.pointee.end = UInt32(size)
        if let last = list {
            segment.pointee.next = last.pointee.next
            last.pointee.next = segment
        } else {
            segment.pointee.next = segment
        }
        list = segment
        return segment.bytes
    }
}
