import Foundation
import Testing

import Primitives
@testable import Storage

@Suite("The lock of a store, and when it was last in use")
struct StoreLockTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("store")
    }

    private func open() throws(StorageError) -> LMDBStore { try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30) }

    /// What a macro cannot look into, because a store is not to be copied.
    private func lastUse() throws -> Int64? { try open().lastUse }

    /// Gives the time stamp of the lock's file a value, in seconds.
    private func setTime(_ seconds: Int) {
        let times = [timespec(tv_sec: seconds, tv_nsec: 7), timespec(tv_sec: seconds, tv_nsec: 7)]
        #expect(utimensat(AT_FDCWD, "\(path).lock", times, 0) == 0)
    }

    @Test("a new store never was")
    func new() throws { #expect(try lastUse() == nil) }

    @Test("opening it is no use of it, and neither is being refused")
    func looking() throws {
        _ = try open()
        setTime(1_000)
        #expect(try lastUse() == 1_000_000_000_007)
        do {
            let store = try open()
            #expect(throws: StorageError.busy(path: path, holder: "this process")) { _ = try open() }
            #expect(try store.numbers(.a) == [])
        }
        #expect(try lastUse() == 1_000_000_000_007)
    }

    @Test("who uses it says so, and still knows when it was in use before")
    func uses() throws {
        _ = try open()
        setTime(1_000)
        let before = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        do {
            let store = try open()
            store.noteUse()
            let earlier = store.lastUse
            #expect(earlier == 1_000_000_000_007)
        }
        let used = try #require(try lastUse())
        // Time stamps of files are taken a little less often than clocks.
        #expect(used >= before - 1_000_000_000)
        #expect(used <= Int64(Date().timeIntervalSince1970 + 1) * 1_000_000_000)
    }

    @Test("nobody has the place of a damaged store while it is moved away, and then it is used by who moved it")
    func movingAway() throws {
        let damaged = Data("no store".utf8)
        try damaged.write(to: URL(fileURLWithPath: path))
        var found: StorageError?
        var store = try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30) { error throws(StorageError) in
            found = error
            #expect(throws: StorageError.busy(path: path, holder: "this process")) { _ = try open() }
            #expect(rename(path, directory.file("aside")) == 0)
            #expect(throws: StorageError.busy(path: path, holder: "this process")) { _ = try open() }
        }
        #expect(found == .foreign(path: path, expected: StoreFormat.test.name))
        #expect(throws: StorageError.busy(path: path, holder: "this process")) { _ = try open() }
        try store.apply(.puts(1...3))
        _ = consume store
        let numbers = try open().numbers(.a)
        #expect(numbers == [1, 2, 3])
        #expect(try Data(contentsOf: URL(fileURLWithPath: directory.file("aside"))) == damaged)
    }

    @Test("what is damaged and not moved away is damaged, and what is refused for other reasons nobody is asked about")
    func notMovingAway() throws {
        try Data("no store".utf8).write(to: URL(fileURLWithPath: path))
        var asked = 0
        func refusal(_ format: StoreFormat = .test) -> StorageError? {
            do throws(StorageError) {
                _ = try LMDBStore(path: path, format: format, maximumBytes: 1 << 30) { _ in asked += 1 }
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal() == .foreign(path: path, expected: StoreFormat.test.name))
        #expect(asked == 1)
        #expect(unlink(path) == 0)
        #expect(refusal() == nil)
        let older = StoreFormat(name: StoreFormat.test.name, version: 2, tables: StoreFormat.test.tables)
        #expect(refusal(older) == .newerFormat(path: path, found: 3, known: 2))
        #expect(asked == 1)
    }
}
