import Foundation
import Testing

import Primitives
@testable import Storage

@Suite("A new file in the place of an old one")
struct StoreReplacementTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("store")
    }

    private func open() throws(StorageError) -> LMDBStore { try LMDBStore(path: path, format: .test, maximumBytes: .max) }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() }
    }

    private func bytes(_ name: String) throws -> Int { try Data(contentsOf: URL(fileURLWithPath: directory.file(name))).count }

    @Test("compaction leaves what is in it and no free page")
    func compact() throws {
        var store = try open()
        try store.apply(.puts(1...2_000, bytes: 900))
        try store.apply([.deletes(101...2_000), .puts([7], bytes: 30_000, in: .b)])
        let numbers = try store.numbers(.a)
        let before = try bytes("store")
        try store.compact()
        #expect(try bytes("store") * 5 < before)
        let compacted = try open()
        #expect(try compacted.numbers(.a) == numbers && compacted.numbers(.b) == [7])
        #expect(try compacted.usedBytes == bytes("store"))
        #expect(try names == ["store", "store.lock"])
    }

    @Test("the new file has the mode of the old one")
    func mode() throws {
        var store = try open()
        try store.apply(.puts(1...5))
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        try store.compact()
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
    }

    @Test("what an interrupted compaction has left is no hindrance")
    func leftOver() throws {
        var store = try open()
        try store.apply(.puts(1...5))
        try Data("half".utf8).write(to: URL(fileURLWithPath: LMDBStore.unfinished(path)))
        try store.compact()
        #expect(try open().numbers(.a) == [1, 2, 3, 4, 5])
        #expect(try names == ["store", "store.lock"])
    }

    @Test("is seen when it is complete, and the old one can be kept under another name")
    func complete() throws {
        do {
            var store = try open()
            try store.apply(.puts(1...3))
        }
        let old = try Data(contentsOf: URL(fileURLWithPath: path))
        var replacement = try StoreReplacement(at: path, format: .test)
        try replacement.apply(.puts(4...6))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == old)
        try replacement.complete(keepingOldAs: directory.file("kept"))
        let new = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(new != old && !new.isEmpty)
        #expect(try Data(contentsOf: URL(fileURLWithPath: directory.file("kept"))) == old)
        _ = consume replacement
        #expect(try open().numbers(.a) == [4, 5, 6])
        #expect(try names == ["kept", "store", "store.lock"])
    }

    @Test("has the lock until it is let go of, and leaves nothing when it was not completed")
    func incomplete() throws {
        var replacement = try StoreReplacement(at: path, format: .test)
        try replacement.apply(.puts(1...3))
        #expect(throws: StorageError.busy(path: path, holder: "this process")) { _ = try open() }
        _ = consume replacement
        #expect(try names == ["store.lock"])
    }
}
