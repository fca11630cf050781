import Testing

@testable import BrokerCore

@Suite("Some of the shards")
struct PeerSetTests {
    @Test("Shards come and go, and are named in ascending order")
    func members() {
        var set = PeerSet()
        for shard in [63, 0, 7] { set.insert(shard) }
        #expect(Array(set) == [0, 7, 63] && set.count == 3)
        set.remove(7)
        #expect(!set.contains(7) && set.contains(63))
        set.formUnion(PeerSet(1))
        #expect(Array(set) == [0, 1, 63])
        #expect(set.isDisjoint(with: PeerSet(2)) && !set.isDisjoint(with: PeerSet(63)))
        #expect(PeerSet().isEmpty && !set.isEmpty)
    }

    @Test("The others of a shard are all but itself", arguments: [1, 2, 63, 64])
    func others(count: Int) {
        for place in ShardPlace.all(count: count, hashSeed: 1) {
            #expect(Array(PeerSet.others(of: place)) == (0..<count).filter { $0 != place.index })
        }
    }
}
