import Primitives
import Testing

@Suite("Hash index") struct HashIndexTests {
    @Test(
        "Against a dictionary, with few and with many different hashes", arguments: [3, 17, 1_000, 100_000] as [UInt64])
    func behavesLikeADictionary(hashes: UInt64) {
        var random = SeededRandom(seed: hashes)
        let hash = ByteHash(seed: 99)
        let hashOf: (UInt32) -> UInt64 = { hash(UInt64($0) % hashes) }
        var index = HashIndex()
        var model: Set<UInt32> = []
        // Grows to a few thousand, then shrinks again.
        for step in 0..<12_000 {
            let slot = UInt32(random.next() % 2_000)
            let isGrowing = step < 6_000
            let isThere = index.find(hashOf(slot)) { $0 == slot } == slot
            #expect(isThere == model.contains(slot))
            if isThere, !isGrowing || random.next() % 4 == 0 {
                index.remove(hashOf(slot), slot)
                model.remove(slot)
            } else if !isThere, isGrowing {
                index.insert(hashOf(slot), slot)
                model.insert(slot)
            }
            #expect(index.count == model.count)
        }
        for slot in 0..<2_000 as Range<UInt32> {
            #expect((index.find(hashOf(slot)) { $0 == slot } != nil) == model.contains(slot))
        }
    }

    @Test("Slots of one hash are told apart by their keys") func sameHash() {
        var index = HashIndex()
        for slot in 0..<5 as Range<UInt32> { index.insert(42, slot) }
        for slot in 0..<5 as Range<UInt32> { #expect(index.find(42) { $0 == slot } == slot) }
        #expect(index.find(42) { _ in false } == nil)
        #expect(index.find(42 | 1 << 32) { _ in true } == nil)
    }
}
