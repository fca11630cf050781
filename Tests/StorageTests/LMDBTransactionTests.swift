import Foundation
import Testing

import Primitives
@testable import Storage

@Suite("Many keys at once")
struct LMDBTransactionTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open(_ numbers: some Sequence<UInt64>, bytes: Int = 100) throws -> LMDBStore {
        var store = try LMDBStore(path: directory.file("store"), format: .test, maximumBytes: 1 << 30)
        try store.apply(.puts(numbers, bytes: bytes))
        return store
    }

    private func found(_ wanted: [UInt64], in store: borrowing LMDBStore) throws -> [UInt64] {
        var found: [UInt64] = []
        try store.get(wanted, in: .a) { number, value in
            found.append(number)
            #expect(value.count == 100 && value.allSatisfy { $0 == UInt8(number % 251) })
        }
        return found
    }

    @Test("those that are there come in the order they are asked for, whatever lies between them")
    func order() throws {
        let store = try open(stride(from: 2, through: 4_000, by: 2))
        let wanted: [[UInt64]] = [
            [], [2], [4_000], [1], [5_000], Array(1...4_001), Array(stride(from: 4_000, through: 2, by: -2)), [2, 2, 2],
            [1, 2, 3, 4, 9, 3_000, 2_999, 3_002, 4_000, 4_001, 2], [4_000, 4_002, 2],
        ]
        for numbers in wanted {
            let seen = try found(numbers, in: store)
            #expect(seen == numbers.filter { $0 >= 2 && $0 <= 4_000 && $0 % 2 == 0 })
        }
    }

    @Test("an empty table has none of them")
    func empty() throws {
        let store = try open([])
        let seen = try found([1, 2, 3], in: store)
        #expect(seen == [])
    }
}
