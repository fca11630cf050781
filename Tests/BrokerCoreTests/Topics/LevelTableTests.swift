import Primitives
import Testing

@testable import BrokerCore

@Suite("Topic Levels by number")
struct LevelTableTests {
    @Test("A level has one number as long as somebody bears it, and none afterwards")
    func uses() {
        var table = LevelTable(hash: ByteHash(seed: 1))
        let first = "a".withBytes { table.retain($0) }
        let other = "b".withBytes { table.retain($0) }
        #expect("a".withBytes { table.retain($0) } == first)
        #expect(first != other)
        table.release(first)
        #expect("a".withBytes { table.number(of: $0) } == first)
        table.release(first)
        #expect("a".withBytes { table.number(of: $0) } == nil)
        #expect(table.count == 1)
    }

    @Test("An empty level is a level")
    func empty() {
        var table = LevelTable(hash: ByteHash(seed: 1))
        #expect("".withBytes { table.number(of: $0) } == nil)
        let number = "".withBytes { table.retain($0) }
        #expect("".withBytes { table.number(of: $0) } == number)
        #expect(table.bytes(of: number).isEmpty)
    }
}
