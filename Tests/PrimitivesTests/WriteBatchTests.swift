import Testing

@testable import Primitives

@Suite("A batch")
struct WriteBatchTests {
    private static var one: WriteBatch {
        var batch = WriteBatch()
        batch.put([], at: 1 as UInt64, in: .a)
        return batch
    }

    @Test("gives back every change in its order, empty values and the longest keys included")
    func order() {
        var batch = WriteBatch()
        batch.put([], at: 1 as UInt64, in: .b)
        batch.put([9, 8], at: [UInt8](repeating: 7, count: 511), in: .a)
        batch.delete(2 as UInt64, in: .a)
        batch.deleteAll(in: .b)
        batch.put(3, at: 5, in: .a) { $0.copyMemory(from: [6, 7, 8] as [UInt8], byteCount: 3) }
        withUnsafeBytes(of: UInt16(0x0102).bigEndian) { batch.deletePrefix($0, in: .b) }
        var seen: [String] = []
        batch.forEach { change in
            switch change {
            case .put(let table, let key, let value): seen.append("put \(table.place) \(key.count) \(Array(value))")
            case .delete(let table, let key): seen.append("delete \(table.place) \(Array(key))")
            case .deleteAll(let table): seen.append("delete all \(table.place)")
            case .deletePrefix(let table, let prefix): seen.append("delete \(Array(prefix))* \(table.place)")
            }
        }
        #expect(
            seen == [
                "put 1 8 []", "put 0 511 [9, 8]", "delete 0 [0, 0, 0, 0, 0, 0, 0, 2]", "delete all 1", "put 0 8 [6, 7, 8]",
                "delete [1, 2]* 1",
            ])
        #expect(!batch.isEmpty)
        #expect(WriteBatch().isEmpty)
    }

    @Test("a copy of its own does not change with the other")
    func copies() {
        var batch = Self.one
        let copy = batch
        batch.put([], at: 2 as UInt64, in: .a)
        #expect(copy == Self.one)
        #expect(batch != copy)
    }
}

extension Table {
    fileprivate static let a = Table(0)
    fileprivate static let b = Table(1)
}
