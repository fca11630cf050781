import Foundation
import Testing
import Transport

import Primitives
@testable import Storage

@Suite("A store of an earlier version")
struct StoreMigrationTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("store")
    }

    private static let version1 = StoreFormat(name: "store of tests", version: 1, tables: ["a", "b"])

    private func open(_ format: StoreFormat) throws(StorageError) -> LMDBStore {
        try LMDBStore(path: path, format: format, maximumBytes: 1 << 30)
    }

    private func make(_ format: StoreFormat = version1, _ batch: WriteBatch = .puts(1...2_000, bytes: 30)) throws {
        var store = try open(format)
        try store.apply(batch)
    }

    private func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    /// Every value of table a gets a byte more.
    private static let longer: StoreMigration = { store throws(StorageError) in
        var batch = WriteBatch()
        try store.scan(.a) { key, value throws(StorageError) in
            batch.put(Array(value) + [9], at: Array(key), in: .a)
            return true
        }
        return batch
    }

    /// What has more than 30 bytes goes to a table that was not there before.
    private static let moved: StoreMigration = { store throws(StorageError) in
        var batch = WriteBatch()
        try store.scan(.a) { key, value throws(StorageError) in
            guard value.count > 30 else { return true }
            batch.put(Array(value), at: Array(key), in: Table(2))
            batch.delete(Array(key), in: .a)
            return true
        }
        return batch
    }

    private static let version2 = StoreFormat(name: "store of tests", version: 2, tables: ["a", "b"], migrations: [longer])
    private static let version3 = StoreFormat(
        name: "store of tests", version: 3, tables: ["a", "b", "c"], migrations: [longer, moved])

    @Test("takes all steps of the way in their order, each on what the one before has left, and is then one of the new version")
    func steps() throws {
        try make()
        do {
            let store = try open(Self.version3)
            #expect(try store.numbers(.a) == [])
            #expect(try store.numbers(Table(2)) == Array(1...2_000))
            let value = try store.get(7, in: Table(2)) { Array($0) }
            #expect(value == [UInt8](repeating: 7, count: 30) + [9])
        }
        let after = try bytes()
        #expect(throws: StorageError.newerFormat(path: path, found: 3, known: 1)) { _ = try open(Self.version1) }
        #expect(throws: StorageError.newerFormat(path: path, found: 3, known: 2)) { _ = try open(Self.version2) }
        var store = try open(Self.version3)
        #expect(try store.numbers(Table(2)).count == 2_000)
        #expect(try bytes() == after)
        try store.apply(.puts([3], in: Table(2)))
    }

    @Test("takes only the steps that are left")
    func lastStep() throws {
        try make(Self.version2)
        let store = try open(Self.version3)
        // Those of version 2 have 30 bytes, so that nothing is moved.
        #expect(try store.numbers(.a).count == 2_000)
        #expect(try store.numbers(Table(2)) == [])
    }

    @Test("is refused when no step leads from it, and stays as it is")
    func tooOld() throws {
        try make()
        let before = try bytes()
        let late = StoreFormat(name: "store of tests", version: 3, tables: ["a", "b"], migrations: [Self.longer])
        let error = #expect(throws: StorageError.self) { _ = try open(late) }
        #expect("\(try #require(error))".contains("its format, version 1, is none that this program knows"))
        #expect(try bytes() == before)
    }

    @Test("stays as it is when a step fails")
    func failing() throws {
        try make()
        let fails: StoreMigration = { _ throws(StorageError) in throw .readOnly(path: "p") }
        let format = StoreFormat(name: "store of tests", version: 3, tables: ["a", "b", "c"], migrations: [Self.longer, fails])
        #expect(throws: StorageError.readOnly(path: "p")) { _ = try open(format) }
        let store = try open(Self.version1)
        let value = try store.get(7, in: .a) { Array($0) }
        #expect(value == [UInt8](repeating: 7, count: 30))
    }

    @Test("is not repaired into another version: its rows would be taken for what they are not")
    func salvage() throws {
        try make()
        var replacement = try StoreReplacement(at: path, format: Self.version2)
        var error: StorageError?
        do throws(StorageError) { _ = try replacement.salvage() } catch let problem { error = problem }
        #expect("\(try #require(error))".contains("its format, version 1, can be repaired only by a program that writes it"))
    }
}
