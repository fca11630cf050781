import Primitives
import Testing

@Suite("Slot table") struct SlotTableTests {
    @Test("Against a dictionary, over many chunks") func behavesLikeADictionary() {
        var random = SeededRandom(seed: 5)
        var table = SlotTable<UInt64>()
        var model: [UInt32: UInt64] = [:]
        for step in 0..<30_000 as Range<UInt64> {
            if random.next() % 3 > 0 || model.isEmpty {
                let slot = table.insert(step)
                #expect(model.updateValue(step, forKey: slot) == nil)
            } else if let slot = model.keys.first {
                table.remove(slot)
                model[slot] = nil
                let isUsed = table.isUsed(slot)
                #expect(!isUsed)
            }
        }
        #expect(table.count == model.count)
        for (slot, value) in model {
            let (found, isUsed) = (table[slot], table.isUsed(slot))
            #expect(found == value)
            #expect(isUsed)
        }
        var used = 0
        for slot in 0..<UInt32(Int(table.end)) where table.isUsed(slot) { used += 1 }
        #expect(used == model.count)
        let isUsedBeyond = table.isUsed(UInt32(Int(table.end)))
        #expect(!isUsedBeyond)
    }

    @Test("A slot that is used again has another generation") func generations() {
        var table = SlotTable<Int>()
        let slot = table.insert(1)
        let before = table.generation(of: slot)
        table.remove(slot)
        let between = table.generation(of: slot)
        let again = table.insert(2)
        let after = table.generation(of: slot)
        #expect(again == slot)
        #expect(Set([before, between, after]).count == 3)
        table[slot] += 40
        let value = table[slot]
        #expect(value == 42)
    }
}
