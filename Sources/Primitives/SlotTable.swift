/// A dense table of values addressed by slot number, each slot carrying a generation.
///
/// Values live in chunks of 256 that never move, so a growing table copies nothing and an unused chunk
/// costs nothing. A removed slot is reused; its generation then differs, by which a stale handle is recognised.
public struct SlotTable<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline static var shift: Int { 8 }
    @usableFromInline static var mask: Int { 255 }

    @usableFromInline var chunks: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
    @usableFromInline var generations: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>>
    @usableFromInline var chunkCount = 0
    @usableFromInline var chunkCapacity = 16
    /// Freed slots, the last freed on top.
    @usableFromInline var free: UnsafeMutablePointer<UInt32>
    @usableFromInline var freeCount = 0
    @usableFromInline var freeCapacity = 16
    /// One more than the highest slot ever used.
    @usableFromInline var limit = 0
    /// How many slots are in use.
    public var count: Int { used }
    @usableFromInline var used = 0

    /// Slots 0..<end have been used at some time.
    @inlinable public var end: UInt32 { UInt32(limit) }

    public init() {
        chunks = .allocate(capacity: chunkCapacity)
        generations = .allocate(capacity: chunkCapacity)
        free = .allocate(capacity: freeCapacity)
    }

    deinit {
        for i in 0..<chunkCount {
            chunks[i].deallocate()
            generations[i].deallocate()
        }
        chunks.deallocate()
        generations.deallocate()
        free.deallocate()
    }

    /// Stores `element` in a free slot and returns its number.
    @inlinable public mutating func insert(_ element: Element) -> UInt32 {
        used += 1
        let slot: UInt32
        if freeCount > 0 {
            freeCount &-= 1
            slot = free[freeCount]
        } else {
            if limit == chunkCount << Self.shift { addChunk() }
            slot = UInt32(limit)
            limit += 1
        }
        let i = Int(slot)
        generations[i >> Self.shift][i & Self.mask] &+= 1
        (chunks[i >> Self.shift] + (i & Self.mask)).initialize(to: element)
        return slot
    }

    /// Frees `slot`; whoever still holds a handle on it will find the generation changed.
    @inlinable public mutating func remove(_ slot: UInt32) {
        let i = Int(slot)
        precondition(isUsed(slot), "slot is not in use")
        generations[i >> Self.shift][i & Self.mask] &+= 1
        if freeCount == freeCapacity { growFree() }
        free[freeCount] = slot
        freeCount &+= 1
        used -= 1
    }

    /// Odd while the slot is in use, even while it is free.
    @inlinable public func generation(of slot: UInt32) -> UInt32 {
        let i = Int(slot)
        precondition(i < limit, "slot was never used")
        return generations[i >> Self.shift][i & Self.mask]
    }

    /// Whether there is a value in `slot`.
    @inlinable public func isUsed(_ slot: UInt32) -> Bool {
        Int(slot) < limit && generation(of: slot) & 1 == 1
    }

    /// The value in `slot`, in place.
    @inlinable public subscript(_ slot: UInt32) -> Element {
        @inline(__always) unsafeAddress {
            let i = Int(slot)
            precondition(i < limit, "slot was never used")
            return UnsafePointer(chunks[i >> Self.shift] + (i & Self.mask))
        }
        @inline(__always) unsafeMutableAddress {
            let i = Int(slot)
            precondition(i < limit, "slot was never used")
            return chunks[i >> Self.shift] + (i & Self.mask)
        }
    }

    /// The address of the value in `slot`: stable while the slot is in use, because chunks never move.
    @inlinable @inline(__always) public func pointer(to slot: UInt32) -> UnsafeMutablePointer<Element> {
        let i = Int(slot)
        precondition(i < limit, "slot was never used")
        return chunks[i >> Self.shift] + (i & Self.mask)
    }

    @usableFromInline mutating func growFree() {
        let wider = UnsafeMutablePointer<UInt32>.allocate(capacity: freeCapacity * 2)
        wider.moveInitialize(from: free, count: freeCount)
        free.deallocate()
        free = wider
        freeCapacity *= 2
    }

    @usableFromInline mutating func addChunk() {
        if chunkCount == chunkCapacity {
            let wider = chunkCapacity * 2
            let newChunks = UnsafeMutablePointer<UnsafeMutablePointer<Element>>.allocate(capacity: wider)
            newChunks.moveInitialize(from: chunks, count: chunkCount)
            chunks.deallocate()
            chunks = newChunks
            let newGenerations = UnsafeMutablePointer<UnsafeMutablePointer<UInt32>>.allocate(capacity: wider)
            newGenerations.moveInitialize(from: generations, count: chunkCount)
            generations.deallocate()
            generations = newGenerations
            chunkCapacity = wider
        }
        chunks[chunkCount] = .allocate(capacity: Self.mask + 1)
        let fresh = UnsafeMutablePointer<UInt32>.allocate(capacity: Self.mask + 1)
        fresh.initialize(repeating: 0, count: Self.mask + 1)
        generations[chunkCount] = fresh
        chunkCount += 1
    }
}
