/// An open-addressing index from hash to slot number; the table it points into holds the keys.
///
/// The caller compares keys: `find` offers every candidate whose hash bits agree. Eight bytes an entry,
/// at most three quarters full; it shrinks again when most of it is empty.
public struct HashIndex: ~Copyable {
    @usableFromInline var entries: UnsafeMutablePointer<UInt64>
    @usableFromInline var mask: Int
    public private(set) var count = 0

    // An entry is (upper half of the hash) << 32 | slot + 1; zero is empty. The upper half also says where it belongs,
    // so that the index can grow without asking for the hashes again.

    public init() {
        mask = 15
        entries = .allocate(capacity: 16)
        entries.initialize(repeating: 0, count: 16)
    }

    deinit { entries.deallocate() }

    /// The slot whose key the caller recognises, or nil.
    @inlinable @inline(__always)
    public func find(_ hash: UInt64, _ isSame: (UInt32) -> Bool) -> UInt32? {
        let tag = hash >> 32
        var i = Int(truncatingIfNeeded: tag) & mask
        while entries[i] != 0 {
            if entries[i] >> 32 == tag {
                let slot = UInt32(truncatingIfNeeded: entries[i]) &- 1
                if isSame(slot) { return slot }
            }
            i = (i + 1) & mask
        }
        return nil
    }

    /// Adds `slot` under `hash`; the caller has made sure that its key is not there yet.
    public mutating func insert(_ hash: UInt64, _ slot: UInt32) {
        if (count + 1) * 4 > (mask + 1) * 3 { resize(to: (mask + 1) * 2) }
        place((hash >> 32) << 32 | UInt64(slot &+ 1))
        count += 1
    }

    /// Removes `slot` filed under `hash`.
    public mutating func remove(_ hash: UInt64, _ slot: UInt32) {
        var i = Int(truncatingIfNeeded: hash >> 32) & mask
        while UInt32(truncatingIfNeeded: entries[i]) != slot &+ 1 {
            precondition(entries[i] != 0, "slot is not in the index")
            i = (i + 1) & mask
        }
        // Close the gap: an entry may move back as long as it does not pass its home.
        var gap = i
        var j = (i + 1) & mask
        while entries[j] != 0 {
            let home = Int(truncatingIfNeeded: entries[j] >> 32) & mask
            if (j &- home) & mask >= (j &- gap) & mask {
                entries[gap] = entries[j]
                gap = j
            }
            j = (j + 1) & mask
        }
        entries[gap] = 0
        count -= 1
        if mask > 63, count * 8 < mask { resize(to: (mask + 1) / 2) }
    }

    private mutating func place(_ entry: UInt64) {
        var i = Int(truncatingIfNeeded: entry >> 32) & mask
        while entries[i] != 0 { i = (i + 1) & mask }
        entries[i] = entry
    }

    private mutating func resize(to capacity: Int) {
        let old = entries
        let oldCapacity = mask + 1
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: 0, count: capacity)
        mask = capacity - 1
        for i in 0..<oldCapacity where old[i] != 0 { place(old[i]) }
        old.deallocate()
    }
}
