import Testing

import Primitives
@testable import Storage

@Suite("Both engines behave alike")
struct KeyValueStoreTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test("what was put is found under its key and in its table only", arguments: Engine.allCases)
    func puts(engine: Engine) throws {
        var store = try engine.open(in: directory)
        var batch = WriteBatch()
        batch.put("one", at: "k", in: .a)
        batch.put("", at: "empty", in: .b)
        try store.apply(batch)
        #expect(try store.rows(.a) == ["k=one"])
        #expect(try store.rows(.b) == ["empty="])
        #expect(try store.get(7, in: .a) { _ in } == nil)
    }

    @Test("the later of two changes of a key holds, within a batch and across batches of one transaction", arguments: Engine.allCases)
    func order(engine: Engine) throws {
        var store = try engine.open(in: directory)
        var first = WriteBatch()
        first.put("old", at: "x", in: .a)
        first.put("new", at: "x", in: .a)
        first.put("gone", at: "y", in: .a)
        first.delete("z", in: .a)
        var second = WriteBatch()
        second.delete("y", in: .a)
        second.put("late", at: "z", in: .a)
        try store.apply([first, second])
        #expect(try store.rows(.a) == ["x=new", "z=late"])
    }

    @Test("keys come byte by byte, shorter ones first, from the key asked for on", arguments: Engine.allCases)
    func scans(engine: Engine) throws {
        var store = try engine.open(in: directory)
        var batch = WriteBatch()
        for key in ["b", "a", "ab", "abc", "c", "aa"] { batch.put("", at: key, in: .a) }
        try store.apply(batch)
        #expect(try store.rows(.a) == ["a=", "aa=", "ab=", "abc=", "b=", "c="])
        #expect(try store.rows(.a, from: "ab") == ["ab=", "abc=", "b=", "c="])
        #expect(try store.rows(.a, from: "abd") == ["b=", "c="])
        #expect(try store.rows(.a, from: "d") == [])
        #expect(try store.rows(.b) == [])
    }

    @Test("a scan ends when it is told to, and with the error it meets", arguments: Engine.allCases)
    func endsScan(engine: Engine) throws {
        var store = try engine.open(in: directory)
        try store.apply(.puts(1...9))
        var seen: [UInt64] = []
        try store.scan(.a, from: 3) { number, _ throws(StorageError) in
            seen.append(number)
            return number < 5
        }
        #expect(seen == [3, 4, 5])
        #expect(throws: StorageError.closed) {
            try store.scan(.a, from: 3) { _, _ throws(StorageError) in throw StorageError.closed }
        }
        #expect(try store.numbers(.a).count == 9)
    }

    @Test("numbers stand in the order of numbers, in whatever order they came", arguments: Engine.allCases)
    func numbers(engine: Engine) throws {
        var store = try engine.open(in: directory)
        try store.apply(.puts([1, 255, 256, 65_536]))
        try store.apply(.puts([UInt64.max, 2, 1 << 40, 257, 300]))
        #expect(try store.numbers(.a) == [1, 2, 255, 256, 257, 300, 65_536, 1 << 40, .max])
        #expect(try store.numbers(.a, from: 257) == [257, 300, 65_536, 1 << 40, .max])
    }

    @Test("numbers may be put again, and above one that was deleted", arguments: Engine.allCases)
    func numbersAgain(engine: Engine) throws {
        var store = try engine.open(in: directory)
        try store.apply(.puts(1...1_000, bytes: 100))
        try store.apply([.deletes(900...1_000), .puts(950...960, bytes: 3), .puts(1...3, bytes: 5), .puts(2_000...2_001, bytes: 7)])
        let expected = Array(1...899) + Array(950...960) + [2_000, 2_001] as [UInt64]
        #expect(try store.numbers(.a) == expected)
        #expect(try store.get(2, in: .a) { Array($0) } == [2, 2, 2, 2, 2])
        #expect(try store.get(955, in: .a) { $0.count } == 3)
    }

    @Test("a table is emptied with what the batch has put before, and not what it puts after", arguments: Engine.allCases)
    func deletesAll(engine: Engine) throws {
        var store = try engine.open(in: directory)
        try store.apply([.puts(1...500, bytes: 50), .puts(1...2, in: .b)])
        var batch = WriteBatch.puts(600...700)
        batch.deleteAll(in: .a)
        batch.put([], at: 9 as UInt64, in: .a)
        try store.apply(batch)
        #expect(try store.numbers(.a) == [9])
        #expect(try store.numbers(.b) == [1, 2])
    }

    @Test("everything under a prefix goes, and nothing beside it", arguments: Engine.allCases)
    func prefixes(engine: Engine) throws {
        var store = try engine.open(in: directory)
        var batch = WriteBatch()
        for key in ["a", "ab", "ab1", "ab2", "abc", "ac", "b", "\u{7F}\u{7F}", "\u{7F}\u{7F}x"] { batch.put("", at: key, in: .a) }
        batch.put("", at: "ab", in: .b)
        try store.apply(batch)
        func delete(_ prefix: String, thenPut key: String? = nil) throws {
            var batch = WriteBatch()
            Array(prefix.utf8).withUnsafeBytes { batch.deletePrefix($0, in: .a) }
            if let key { batch.put("new", at: key, in: .a) }
            try store.apply(batch)
        }
        try delete("zz")
        try delete("ab", thenPut: "ab2")
        #expect(try store.rows(.a) == ["a=", "ab2=new", "ac=", "b=", "\u{7F}\u{7F}=", "\u{7F}\u{7F}x="])
        try delete("\u{7F}")
        try delete("a")
        #expect(try store.rows(.a) == ["b="])
        try delete("b")
        try delete("b")
        #expect(try store.rows(.a) == [])
        #expect(try store.rows(.b) == ["ab="])
    }

    @Test("a prefix may have more under it than a page holds, and be all there is", arguments: Engine.allCases)
    func largePrefixes(engine: Engine) throws {
        var store = try engine.open(in: directory)
        func key(_ first: UInt64, _ second: UInt64) -> [UInt8] {
            [first, second].flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        }
        func count() throws -> [UInt64: Int] {
            var counts: [UInt64: Int] = [:]
            try store.scan(.a, from: UnsafeRawBufferPointer(start: nil, count: 0)) { key, _ throws(StorageError) in
                counts[UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)), default: 0] += 1
                return true
            }
            return counts
        }
        var batch = WriteBatch()
        for first in 1...3 as ClosedRange<UInt64> {
            for second in 0..<(first == 2 ? 2_000 : 3) as Range<UInt64> {
                batch.put([UInt8](repeating: 1, count: second % 500 == 7 ? 9_000 : 60), at: key(first, second), in: .a)
            }
        }
        try store.apply(batch)
        for (deleted, left) in [(2, [1: 3, 3: 3]), (3, [1: 3]), (1, [:])] as [(UInt64, [UInt64: Int])] {
            var batch = WriteBatch()
            withUnsafeBytes(of: deleted.bigEndian) { batch.deletePrefix($0, in: .a) }
            try store.apply(batch)
            #expect(try count() == left)
        }
    }

    @Test("the longest key, and values larger than a page", arguments: Engine.allCases)
    func large(engine: Engine) throws {
        var store = try engine.open(in: directory)
        let key = [UInt8](repeating: 0xFF, count: WriteBatch.maximumKeyBytes)
        let value = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var batch = WriteBatch()
        batch.put(value, at: key, in: .a)
        try store.apply(batch)
        let found = try key.withBytes { key throws(StorageError) in try store.get(key, in: .a) { Array($0) } }
        #expect(found == value)
    }

    @Test("what is beyond the bound is refused as a whole, and what was there stays", arguments: Engine.allCases)
    func full(engine: Engine) throws {
        var store = try engine.open(in: directory, maximumBytes: 400_000)
        try store.apply(.puts(1...100, bytes: 2_000))
        let used = try store.usedBytes
        let error = #expect(throws: StorageError.self) { try store.apply([.puts(101...102), .puts(103...400, bytes: 2_000)]) }
        guard case .full(_, 400_000) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try store.numbers(.a) == Array(1...100))
        #expect(try store.usedBytes == used)
        try store.apply(.puts([101], bytes: 2_000))
    }

    @Test("a full store takes deletes, what is necessary, and then puts again", arguments: Engine.allCases)
    func roomAgain(engine: Engine) throws {
        var store = try engine.open(in: directory, maximumBytes: 400_000)
        var next: UInt64 = 1
        while (try? store.apply(.puts([next], bytes: 5_000))) != nil { next += 1 }
        #expect(next > 40)
        var necessary = WriteBatch(isNecessary: true)
        for number in 1...200 as ClosedRange<UInt64> { necessary.put([1], at: number, in: .b) }
        try store.apply(necessary)
        #expect(try store.numbers(.b).count == 200)
        #expect(throws: StorageError.self) { try store.apply(.puts([next], bytes: 5_000)) }
        try store.apply(.deletes(1...20))
        for number in next..<next + 10 { try store.apply(.puts([number], bytes: 5_000)) }
        #expect(try store.numbers(.a) == Array(21..<next + 10))
    }

    @Test("a store that is filled and emptied again and again never runs out", arguments: Engine.allCases)
    func roomForEver(engine: Engine) throws {
        var store = try engine.open(in: directory, maximumBytes: 1_000_000)
        for round in 0..<50 as Range<UInt64> {
            try store.apply(.puts(round * 1_000..<round * 1_000 + 300, bytes: 2_000))
            try store.apply(.deletes(round * 1_000..<round * 1_000 + 300))
        }
        #expect(try store.numbers(.a) == [])
    }
}
