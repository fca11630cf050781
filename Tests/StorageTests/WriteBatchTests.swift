import Testing

@testable import Storage

@Suite("A batch")
struct WriteBatchTests {
    @Test("gives back every change in its order, empty values and the longest keys included")
    func order() throws {
        var batch = WriteBatch()
        batch.put([], at: 1 as UInt64, in: .b)
        batch.put([9, 8], at: [UInt8](repeating: 7, count: 511), in: .a)
        batch.delete(2 as UInt64, in: .a)
        batch.deleteAll(in: .b)
        var seen: [String] = []
        try batch.forEach { change throws(StorageError) in
            switch change {
            case .put(let table, let key, let value): seen.append("put \(table.place) \(key.count) \(Array(value))")
            case .delete(let table, let key): seen.append("delete \(table.place) \(Array(key))")
            case .deleteAll(let table): seen.append("delete all \(table.place)")
            }
        }
        #expect(seen == ["put 1 8 []", "put 0 511 [9, 8]", "delete 0 [0, 0, 0, 0, 0, 0, 0, 2]", "delete all 1"])
        #expect(!batch.isEmpty)
        #expect(WriteBatch().isEmpty)
    }

    @Test("a copy of its own does not change with the other")
    func copies() {
        var batch = WriteBatch.puts([1])
        let copy = batch
        batch.put([], at: 2 as UInt64, in: .a)
        #expect(copy == .puts([1]))
        #expect(batch != copy)
    }
}
