import Foundation
import Testing

import Primitives
@testable import Storage

@Suite("What is saved of a damaged file")
struct StoreSalvageTests {
    private let directory: TemporaryDirectory
    private let path: String
    private let pageBytes = Int(getpagesize())

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("store")
    }

    private func open() throws(StorageError) -> LMDBStore { try LMDBStore(path: path, format: .test, maximumBytes: .max) }

    /// A file whose table `a` has the numbers 1 to 700, and `b` large values.
    private func makeFile() throws -> Data {
        var store = try open()
        try store.apply(.puts(1...700, bytes: 300))
        try store.apply(.puts(1...5, bytes: 9_000, in: .b))
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    /// What is saved of these bytes, and the numbers of `a` and `b` that then are in the store.
    private func salvage(_ bytes: Data) throws -> (StoreSalvage, a: [UInt64], b: [UInt64]) {
        try bytes.write(to: URL(fileURLWithPath: path))
        let kept = directory.file("damaged-\(UUID().uuidString)")
        let result: StoreSalvage
        do {
            var replacement = try StoreReplacement(at: path, format: .test)
            result = try replacement.salvage()
            try replacement.complete(keepingOldAs: kept)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == bytes)
        let store = try open()
        return (result, try store.numbers(.a), try store.numbers(.b))
    }

    @Test("everything, of a whole file")
    func whole() throws {
        let (result, a, b) = try salvage(makeFile())
        #expect(result == StoreSalvage(rows: 705))
        #expect(a == Array(1...700) && b == Array(1...5))
    }

    @Test("what any lost page leaves, and what is lost is counted")
    func lostPages() throws {
        let whole = try makeFile()
        var withLoss = 0
        for page in 2..<whole.count / pageBytes {
            var holed = whole
            holed.replaceSubrange(page * pageBytes..<(page + 1) * pageBytes, with: Data(count: pageBytes))
            do throws(StorageError) {
                let found: (StoreSalvage, a: [UInt64], b: [UInt64])
                do { found = try salvage(holed) } catch let error as StorageError { throw error } catch { continue }
                let (result, a, b) = found
                #expect(result.rows == a.count + b.count)
                if !result.mayLackLastTransaction { #expect(result.rows + result.lostRows == 705, "page \(page)") }
                #expect(result.lostRows == 0 || result.lostPages == [UInt64(page)], "page \(page): \(result)")
                if result.lostRows > 0 { withLoss += 1 }
            } catch {
                // The page with the tables' names.
                guard case .corrupt = error else {
                    Issue.record("page \(page): \(error)")
                    continue
                }
            }
        }
        #expect(withLoss > 20)
    }

    @Test("everything but the last transaction, when only its pages are damaged; and everything, when a page of the head is")
    func heads() throws {
        let whole = try makeFile()
        let heads = try #require(whole.withUnsafeBytes { LMDBHead($0) })
        var holed = whole
        let root = try #require(heads.main.root)
        holed.replaceSubrange(Int(root) * pageBytes..<Int(root + 1) * pageBytes, with: Data(count: pageBytes))
        let (result, a, b) = try salvage(holed)
        #expect(result.mayLackLastTransaction && a == Array(1...700) && b.isEmpty)
        for page in 0...1 {
            holed = whole
            holed.replaceSubrange(page * pageBytes..<page * pageBytes + 64, with: Data(count: 64))
            let (result, a, _) = try salvage(holed)
            #expect(result.mayLackLastTransaction && result.lostRows == 0 && a == Array(1...700))
        }
    }

    @Test("nothing, of what is no store of this kind; and that is said")
    func foreign() throws {
        for bytes in [Data("something else".utf8), Data(count: 40_960)] {
            #expect(throws: StorageError.foreign(path: path, expected: "store of tests")) { try salvage(bytes) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
        }
        #expect(throws: StorageError.corrupt(path: path, reason: "it is empty")) { try salvage(Data()) }
    }
}
