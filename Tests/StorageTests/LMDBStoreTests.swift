import Foundation
import Testing

import Primitives
@testable import Storage

@Suite("A store in a file")
struct LMDBStoreTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("store")
    }

    private func open(_ format: StoreFormat = .test) throws(StorageError) -> LMDBStore {
        try LMDBStore(path: path, format: format, maximumBytes: 1 << 30)
    }

    private func makeStore(_ batches: WriteBatch...) throws {
        var store = try open()
        for batch in batches { try store.apply(batch) }
    }

    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    @Test("everything is there again after a restart")
    func restart() throws {
        try makeStore(.puts(1...5_000, bytes: 256), .puts(7...7, bytes: 90_000, in: .b), .deletes(1...4_000))
        let store = try open()
        #expect(try store.numbers(.a) == Array(4_001...5_000))
        #expect(try store.get(7, in: .b) { $0.count } == 90_000)
    }

    @Test("what has returned is in the file although the process never gets to close it")
    func isInFile() throws {
        var store = try open()
        for number in 1...20 as ClosedRange<UInt64> {
            try store.apply(.puts([number], bytes: 3_000))
            let copy = directory.file("copy\(number)")
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            let seen = try LMDBStore(path: copy, format: .test, maximumBytes: 1 << 30)
            #expect(try seen.numbers(.a) == Array(1...number))
        }
    }

    @Test("space of deleted records is used again: the file stops growing")
    func reuse() throws {
        var store = try open()
        var sizes: [Int] = []
        for round in 0..<20 as Range<UInt64> {
            try store.apply(.puts(round * 500..<round * 500 + 500, bytes: 1_000))
            try store.apply(.deletes(round * 500..<round * 500 + 500))
            sizes.append(try bytes(path).count)
        }
        #expect(sizes[19] <= sizes[3] * 2, "\(sizes)")
        #expect(try store.usedBytes < 100_000)
    }

    @Test("ascending numbers fill their pages")
    func appends() throws {
        var store = try open()
        for start in stride(from: 1, to: 20_000, by: 100) as StrideTo<UInt64> { try store.apply(.puts(start..<start + 100, bytes: 256)) }
        let used = try store.usedBytes
        #expect(Double(used) < 20_000 * 280 * 1.1, "\(used) bytes for 20,000 records of 264")
    }

    @Test("who is second is told who has it, and gets it when that one is done")
    func secondProcess() throws {
        do {
            let store = try open()
            let error = #expect(throws: StorageError.self) { _ = try open() }
            #expect(error == .busy(path: path, holder: "this process"))
            #expect("\(try #require(error))".contains("\(path) is in use by this process; one process at a time may have it"))
            #expect(try store.numbers(.a) == [])
            #expect(try status("flock", "--nonblock", "\(path).lock", "true") == 1, "another process may not lock it")
        }
        _ = try open()
    }

    @Test("it is free when it is done, although a process being started has a copy of the lock's file")
    func copiedLock() throws {
        var copy: Int32 = -1
        defer { close(copy) }
        do {
            let store = try open()
            var lock = stat()
            try #require(stat("\(path).lock", &lock) == 0)
            let original = try #require(
                (0..<Int32(getdtablesize())).first { descriptor in
                    var status = stat()
                    return fstat(descriptor, &status) == 0 && status.st_ino == lock.st_ino && status.st_dev == lock.st_dev
                })
            copy = fcntl(original, F_DUPFD_CLOEXEC, 0)
            #expect(try store.numbers(.a) == [])
        }
        #expect(copy >= 0)
        _ = try open()
    }

    @Test("the process that has it is named")
    func namesHolder() throws {
        let lock = Glibc.open("\(path).lock", O_RDWR | O_CREAT, 0o600)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX) == 0)
        let error = #expect(throws: StorageError.self) { _ = try open() }
        #expect(error == .busy(path: path, holder: nil))
        #expect("\(try #require(error))".contains("in use by another process"))
        let text = "\(getppid())\n"
        #expect(write(lock, text, text.utf8.count) == text.utf8.count)
        let name = try String(contentsOfFile: "/proc/\(getppid())/comm", encoding: .utf8).trimmingCharacters(in: .newlines)
        #expect(throws: StorageError.busy(path: path, holder: "process \(getppid()) (\(name))")) { _ = try open() }
    }

    @Test("a file that is no store is refused and stays as it is", arguments: ["a text", String(repeating: "x", count: 100_000), ""])
    func foreignFile(content: String) throws {
        try content.write(toFile: path, atomically: false, encoding: .utf8)
        let error = #expect(throws: StorageError.self) { _ = try open() }
        let expected: StorageError =
            content.isEmpty ? .corrupt(path: path, reason: "it is empty") : .foreign(path: path, expected: "store of tests")
        #expect(error == expected)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == content)
    }

    @Test("a store of another kind, of a newer version or without its record is refused and stays as it is")
    func foreignStore() throws {
        try makeStore(.puts(1...3))
        let before = try bytes(path)
        let other = StoreFormat(name: "shopping list", version: 3, tables: ["a", "b"])
        #expect(throws: StorageError.foreign(path: path, expected: "shopping list")) { _ = try open(other) }
        let older = StoreFormat(name: "store of tests", version: 2, tables: ["a", "b"])
        let error = #expect(throws: StorageError.self) { _ = try open(older) }
        #expect(error == .newerFormat(path: path, found: 3, known: 2))
        #expect("\(try #require(error))".contains("use the newer program again"))
        #expect(try bytes(path) == before)
        let store = try open()
        #expect(try store.numbers(.a) == [1, 2, 3])
    }

    @Test("an unfinished file of a crash while it was made does not matter")
    func unfinished() throws {
        try "half".write(toFile: "\(path).new", atomically: false, encoding: .utf8)
        try makeStore(.puts([1]))
        #expect(!FileManager.default.fileExists(atPath: "\(path).new"))
        #expect(try open().numbers(.a) == [1])
    }

    @Test("a path that cannot be is told as such")
    func impossiblePaths() throws {
        let missing = directory.file("none/store")
        let error = #expect(throws: StorageError.self) { _ = try LMDBStore(path: missing, format: .test, maximumBytes: 1 << 30) }
        #expect("\(try #require(error))".contains("its directory does not exist; create that first"))
        let folder = #expect(throws: StorageError.self) { _ = try LMDBStore(path: directory.path, format: .test, maximumBytes: 1 << 30) }
        #expect("\(try #require(folder))".contains("it is a directory; name a file in it"))
        try? FileManager.default.removeItem(atPath: "\(directory.path).lock")
    }

    /// The exit status of a command.
    private func status(_ words: String...) throws -> Int32 {
        var arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var process = pid_t()
        try #require(posix_spawnp(&process, words[0], nil, nil, &arguments, environ) == 0)
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1, errno == EINTR {}
        return status >> 8 & 0xFF
    }
}
