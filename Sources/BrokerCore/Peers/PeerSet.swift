/// Some of the shards, a bit each.
struct PeerSet: BitwiseCopyable, Equatable, Sequence {
    private(set) var bits: UInt64 = 0

    init() {}
    init(_ shard: Int) { bits = 1 << UInt64(shard) }

    /// Every shard of `place`'s broker but itself.
    static func others(of place: ShardPlace) -> PeerSet {
        var others = PeerSet()
        others.bits = (place.count == 64 ? .max : 1 << UInt64(place.count) - 1) & ~(1 << UInt64(place.index))
        return others
    }

    var isEmpty: Bool { bits == 0 }
    var count: Int { bits.nonzeroBitCount }
    func contains(_ shard: Int) -> Bool { bits >> UInt64(shard) & 1 == 1 }
    mutating func insert(_ shard: Int) { bits |= 1 << UInt64(shard) }
    mutating func remove(_ shard: Int) { bits &= ~(1 << UInt64(shard)) }
    mutating func formUnion(_ other: PeerSet) { bits |= other.bits }
    func isDisjoint(with other: PeerSet) -> Bool { bits & other.bits == 0 }

    /// Ascending.
    struct Iterator: IteratorProtocol {
        var left: UInt64
        mutating func next() -> Int? {
            guard left != 0 else { return nil }
            defer { left &= left &- 1 }
            return left.trailingZeroBitCount
        }
    }

    func makeIterator() -> Iterator { Iterator(left: bits) }
}
