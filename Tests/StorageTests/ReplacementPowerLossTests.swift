import CFileCalls
import Foundation
import Testing

import Primitives
@testable import Storage

@Suite("A loss of power while a file takes the place of another one", .enabled(if: file_calls_are_seen()))
struct ReplacementPowerLossTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("store")
        var store = try open()
        try store.apply(.puts(1...400, bytes: 700))
        try store.apply([.deletes(11...390), .puts([7], bytes: 30_000, in: .b)])
    }

    private func open() throws(StorageError) -> LMDBStore { try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30) }

    /// What is found after each loss of power that may come during `work`; how many there are is the answer.
    private func cut(_ work: () throws -> Void, _ check: (_ path: String, _ names: [String]) throws -> Void) throws -> Int {
        let log = DirectoryLog(directory.path)
        try log.record(work)
        #expect(log.last.count == 1, "what has returned is on the disk")
        for found in log.found {
            let other = try TemporaryDirectory()
            for (name, bytes) in found { try bytes.write(to: URL(fileURLWithPath: other.file(name))) }
            try check(other.file("store"), found.keys.sorted())
        }
        return log.found.count
    }

    @Test("a compaction leaves all that was in the store, whenever it comes, and another one does the same")
    func compaction() throws {
        let before = try Content(of: open())
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path)).count
        var sizes: Set<Bool> = []
        let count = try cut {
            try open().compact()
        } _: { path, _ in
            let length = try Data(contentsOf: URL(fileURLWithPath: path)).count
            sizes.insert(length < bytes)
            let store = try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30)
            let content = try Content(of: store)
            try store.compact()
            let compacted = try Content(of: try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30))
            #expect(content == before && compacted == before)
            let names = try FileManager.default.contentsOfDirectory(atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path)
            #expect(names.sorted() == ["store", "store.lock"])
        }
        // The new file not begun, empty, half, complete, and in its place.
        #expect(count == 5)
        #expect(sizes == [true, false])
        let after = try Content(of: open())
        #expect(after == before)
    }

    @Test("another content takes its place as a whole, and what it took the place of is kept once that is so")
    func keeping() throws {
        let before = try Content(of: open())
        var seen: (old: Int, new: Int) = (0, 0)
        _ = try cut {
            var replacement = try StoreReplacement(at: path, format: .test)
            try replacement.apply(.puts(500...520, bytes: 300))
            try replacement.complete(keepingOldAs: directory.file("kept"))
        } _: { path, names in
            let content = try Content(of: try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30))
            if content == before {
                seen.old += 1
            } else {
                let store = try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30)
                #expect(try store.numbers(.a) == Array(500...520))
                #expect(names.contains("kept"))
                seen.new += 1
            }
        }
        #expect(seen.old > 2 && seen.new > 0, "\(seen)")
    }
}

/// What a loss of power may leave in a directory, at each moment of what a thread does there: names as of the last sync of the directory or of any
/// moment after it; and in a file what it held at its own last sync, or what it holds by now, or the first half of that.
private final class DirectoryLog {
    /// Names with what is in them.
    private(set) var found: Set<[String: Data]> = []
    /// Those of the last moment.
    private(set) var last: Set<[String: Data]> = []

    private let path: String
    private let number: UInt64
    private var problem: (any Error)?
    /// The directory as it was at its last sync, and at each moment after it.
    private var listings: [[String: UInt64]] = []
    private var synced: [UInt64: Data] = [:]

    init(_ path: String) {
        self.path = path
        number = Self.inode(path)
    }

    func record(_ work: () throws -> Void) throws {
        listings = [try listing()]
        for (name, file) in listings[0] { synced[file] = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")) }
        let observer: file_call_observer = { context, call, file, _, _, _, isDurable in
            guard let context else { return }
            let log = Unmanaged<DirectoryLog>.fromOpaque(context).takeUnretainedValue()
            do { try log.take(synced: call == file_call_sync ? file : nil) } catch { log.problem = error }
        }
        observe_file_calls(observer, Unmanaged.passUnretained(self).toOpaque())
        defer { observe_file_calls(nil, nil) }
        try work()
        try take(synced: nil)
        if let problem { throw problem }
    }

    /// - Parameter file: what was just synced, which may be the directory
    private func take(synced file: UInt64?) throws {
        let now = try listing()
        listings.append(now)
        try cut()
        if file == number {
            listings = [now]
        } else if let file, let name = now.first(where: { $0.value == file })?.key {
            synced[file] = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
        }
        try cut()
    }

    private func cut() throws {
        var current: [UInt64: Data] = [:]
        for (name, file) in try listing() { current[file] = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")) }
        last = []
        for names in listings {
            last.insert(names.mapValues { synced[$0] ?? Data() })
            last.insert(names.mapValues { current[$0] ?? synced[$0] ?? Data() })
            last.insert(
                names.mapValues { file in
                    guard let bytes = current[file], bytes != synced[file] else { return synced[file] ?? Data() }
                    return bytes.prefix(bytes.count / 2)
                })
        }
        found.formUnion(last)
    }

    /// The number of each file.
    private func listing() throws -> [String: UInt64] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        return Dictionary(uniqueKeysWithValues: names.map { ($0, Self.inode("\(path)/\($0)")) })
    }

    private static func inode(_ path: String) -> UInt64 {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : 0
    }
}
