import Primitives
import Testing

@Suite("Byte hash") struct ByteHashTests {
    private func hash(_ bytes: [UInt8], seed: UInt64 = 7) -> UInt64 {
        bytes.withUnsafeBytes { raw in raw.baseAddress.map { ByteHash(seed: seed)($0, raw.count) } ?? 0 }
    }

    @Test("Names that differ in one byte, in length or in order get different hashes", arguments: 1...40)
    func differs(length: Int) {
        var seen: Set<UInt64> = []
        var names = 0
        for position in 0..<length {
            for value in 0..<256 where value != 0x61 {
                var name = [UInt8](repeating: 0x61, count: length)
                name[position] = UInt8(value)
                seen.insert(hash(name))
                names += 1
            }
        }
        seen.insert(hash([UInt8](repeating: 0x61, count: length)))
        seen.insert(hash([UInt8](repeating: 0x61, count: length + 1)))
        #expect(seen.count == names + 2)
    }

    @Test("Another seed gives another hash, the same seed the same") func seeds() {
        let name = Array("sensors/7/temperature".utf8)
        #expect(hash(name, seed: 2) == hash(name, seed: 2))
        #expect(hash(name, seed: 2) != hash(name, seed: 1_234_567))
    }

    @Test(
        "The hash that scripts/bench/mqload.c computes, to choose who meets whom, is this one",
        arguments: [
            ("a", 0x5EEC_8C81_95F9_8882), ("short", 0xBEFB_9592_2CA3_0DDC), ("exactly8", 0xE5B2_176D_A5C2_8950),
            ("sensors/7/temperature", 0xC547_CB7A_7360_7E71),
        ] as [(String, UInt64)])
    func computedElsewhere(name: String, expected: UInt64) { #expect(hash(Array(name.utf8)) == expected) }

    @Test("Both ends of the hash spread over a table: numbered topics fill 4,096 places evenly") func spreads() {
        var low = [Int](repeating: 0, count: 4_096)
        var high = low
        for i in 0..<40_960 {
            let hash = hash(Array("device/\(i)/state".utf8))
            low[Int(hash & 4_095)] += 1
            high[Int(hash >> 52)] += 1
        }
        // Ten a place on average; a fair hash stays far below forty.
        #expect((low.max() ?? 0) < 40)
        #expect((high.max() ?? 0) < 40)
    }
}
