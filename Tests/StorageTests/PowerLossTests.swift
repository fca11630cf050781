import CFileCalls
import Foundation
import Testing

import Primitives
@testable import Storage

@Suite("A loss of power")
struct PowerLossTests {
    @Test("leaves the last batch complete, or the one in progress, whenever it comes", .enabled(if: file_calls_are_seen()))
    func everyMoment() throws {
        let (events, contents) = try record()
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        var disk = Disk()
        // While the file is made it has another name; what matters is that it is on the disk when it has its own.
        var applied = -1
        var losses = 0
        var lost: Set<Int> = []
        var early: Set<Int> = []

        func check(_ images: [Data], allowed: ClosedRange<Int>) throws {
            guard applied >= 0 else { return }
            for image in images {
                try #require(image.withUnsafeBytes { pwrite(file, $0.baseAddress, image.count, 0) } == image.count)
                try #require(ftruncate(file, image.count) == 0)
                let store = try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30)
                let content = try Content(of: store)
                let batch = try #require(allowed.first { contents[$0] == content }, "a mixture, after batch \(applied)")
                losses += 1
                if allowed.count > 1, batch == applied { lost.insert(batch + 1) }
                if batch > applied { early.insert(batch) }
            }
        }

        for event in events {
            let allowed = applied...min(applied + 1, contents.count - 1)
            switch event {
            case .write(let write):
                let pages = write.pages
                for page in pages {
                    try check(disk.images(tearing: page), allowed: allowed)
                    disk.unsynced.append(page)
                }
                if write.isDurable {
                    try check(disk.images(), allowed: allowed)
                    disk.settle(last: pages.count)
                }
            case .sync:
                try check(disk.images(), allowed: allowed)
                disk.settle(last: disk.unsynced.count)
            case .returned:
                applied += 1
                try check(disk.images(), allowed: applied...applied)
            }
        }
        #expect(applied == contents.count - 1)
        #expect(losses > 500, "\(losses)")
        // Each batch was seen lost, and seen complete before its call returned.
        #expect(lost == Set(1..<contents.count) && early == lost)
    }

    @Test("in a migration leaves the version there was, whole, or the new one", .enabled(if: file_calls_are_seen()))
    func migration() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        let step: StoreMigration = { store throws(StorageError) in
            var batch = WriteBatch()
            try store.scan(.a) { key, value throws(StorageError) in
                batch.put(Array(value) + Array(value), at: Array(key), in: .b)
                return true
            }
            batch.deleteAll(in: .a)
            return batch
        }
        let newer = StoreFormat(name: StoreFormat.test.name, version: 4, tables: ["a", "b", "c"], migrations: [step])
        func content(_ format: StoreFormat) throws -> Content {
            try Content(of: try LMDBStore(path: path, format: format, maximumBytes: 1 << 30))
        }
        do {
            var store = try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30)
            try store.apply(.puts(1...40, bytes: 700))
        }
        let before = try content(.test)
        var disk = Disk(synced: try Data(contentsOf: URL(fileURLWithPath: path)))
        let log = FileLog()
        log.begin()
        let after: Content
        do {
            defer { log.end() }
            after = try content(newer)
        }
        let file = open(path, O_RDWR | O_CLOEXEC)
        defer { close(file) }
        var seen: (old: Int, new: Int) = (0, 0)
        func check(_ images: [Data]) throws {
            for image in images {
                try #require(image.withUnsafeBytes { pwrite(file, $0.baseAddress, image.count, 0) } == image.count)
                try #require(ftruncate(file, image.count) == 0)
                do {
                    #expect(try content(.test) == before)
                    seen.old += 1
                } catch StorageError.newerFormat {
                    #expect(try content(newer) == after)
                    seen.new += 1
                }
            }
        }
        var status = stat()
        try #require(stat(path, &status) == 0)
        for (inode, event) in log.events where inode == UInt64(status.st_ino) {
            switch event {
            case .write(let write):
                for page in write.pages {
                    try check(disk.images(tearing: page))
                    disk.unsynced.append(page)
                }
                try check(disk.images())
                if write.isDurable { disk.settle(last: write.pages.count) }
            case .sync:
                try check(disk.images())
                disk.settle(last: disk.unsynced.count)
            case .returned: break
            }
        }
        try check(disk.images())
        #expect(seen.old > 20 && seen.new > 0, "\(seen)")
    }

    /// What a store asks of its file while batches are applied, and what is in it after each.
    private func record() throws -> (events: [FileEvent], contents: [Content]) {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        let log = FileLog()
        var twin = MemoryStore(format: .test, maximumBytes: 1 << 30)
        var contents = [try Content(of: twin)]
        log.begin()
        defer { log.end() }
        var store = try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30)
        log.events.append((nil, .returned))
        for batches in Self.batches {
            try store.apply(batches[...])
            log.events.append((nil, .returned))
            try twin.apply(batches[...])
            contents.append(try Content(of: twin))
        }
        var status = stat()
        try #require(stat(path, &status) == 0)
        return (log.events.filter { $0.file == nil || $0.file == UInt64(status.st_ino) }.map(\.event), contents)
    }

    /// Each differs from the one before, and pages that became free are used again.
    private static var batches: [[WriteBatch]] {
        var texts = WriteBatch()
        texts.put("one", at: "first", in: .b)
        texts.put("two", at: "second", in: .b)
        var emptied = WriteBatch()
        emptied.deleteAll(in: .b)
        var renewed = WriteBatch.puts(60...62, bytes: 300)
        renewed.deleteAll(in: .a)
        renewed.put([1, 2, 3], at: 63, in: .a)
        return [
            [.puts(1...6, bytes: 100)],
            [.puts(7...20, bytes: 900)],
            [.puts(1...1, bytes: 14_000, in: .b)],
            [.deletes(1...10)],
            [texts, .puts(15...18, bytes: 1_500)],
            [.puts(1...1, bytes: 9_000, in: .b)],
            [.puts(21...30, bytes: 700), .deletes(12...14), .puts(2...2, bytes: 6_000, in: .b)],
            [.deletes(1...1, in: .b)],
            [.puts(3...4, bytes: 5_000, in: .b)],
            [emptied],
            [.puts(31...40, bytes: 800)],
            [.deletes(20...35)],
            [.puts(5...5, bytes: 13_000, in: .b), texts],
            [renewed],
            [.puts(64...75, bytes: 1_000)],
            [emptied, .deletes(64...70)],
        ]
    }
}

/// What is on a disk, and what was written but not synced: any of it may be there after a loss of power, in any order.
private struct Disk {
    fileprivate var synced = Data()
    var unsynced: [FileWrite] = []

    /// What may be found: of what was not synced none, the first few, all, or any one alone.
    func images() -> [Data] {
        let first = (0...unsynced.count).map { unsynced.prefix($0) }
        let alone = unsynced.indices.dropFirst().map { unsynced[$0...$0] }
        return (first + alone).map { image(with: $0) }
    }

    /// What may be found while this page is written: its first half, and of what was not synced before it none, all, or the last alone.
    func images(tearing page: FileWrite) -> [Data] {
        [unsynced[..<0], unsynced[...], unsynced.suffix(1)].map { image(with: $0 + [page.torn]) }
    }

    private func image(with writes: ArraySlice<FileWrite>) -> Data {
        var image = synced
        image.reserveCapacity(writes.map(\.end).max() ?? 0)
        for write in writes { write.apply(to: &image) }
        return image
    }

    mutating func settle(last count: Int) {
        for write in unsynced.suffix(count) { write.apply(to: &synced) }
        unsynced.removeLast(count)
    }
}

private struct FileWrite: Equatable {
    var offset: Int
    var bytes: Data
    /// It is on the disk when the call returns.
    var isDurable = false

    var end: Int { offset + bytes.count }

    /// The system writes pages, in whatever order.
    var pages: [FileWrite] {
        let pageBytes = Int(getpagesize())
        var pages: [FileWrite] = []
        var start = 0
        while start < bytes.count {
            let length = min(bytes.count - start, pageBytes - (offset + start) % pageBytes)
            pages.append(FileWrite(offset: offset + start, bytes: bytes.subdata(in: start..<start + length)))
            start += length
        }
        return pages
    }

    /// Its first half. A disk writes sectors of 512 bytes or none of it, so it ends at the border of one; LMDB relies on that for its heads.
    var torn: FileWrite {
        let end = (offset + bytes.count / 2) / 512 * 512
        return FileWrite(offset: offset, bytes: bytes.prefix(max(0, end - offset)))
    }

    func apply(to image: inout Data) {
        guard !bytes.isEmpty else { return }
        if image.count < end { image.append(Data(count: end - image.count)) }
        image.replaceSubrange(offset..<end, with: bytes)
    }
}

private enum FileEvent: Equatable {
    case write(FileWrite)
    case sync
    /// The store said that it is done.
    case returned
}

/// What this thread does to files.
private final class FileLog {
    var events: [(file: UInt64?, event: FileEvent)] = []

    func begin() {
        let observer: file_call_observer = { context, call, file, bytes, length, offset, isDurable in
            guard let context, call != file_call_rename else { return }
            let log = Unmanaged<FileLog>.fromOpaque(context).takeUnretainedValue()
            let write = bytes.map { FileWrite(offset: Int(offset), bytes: Data(bytes: $0, count: length), isDurable: isDurable) }
            log.events.append((file, write.map(FileEvent.write) ?? .sync))
        }
        observe_file_calls(observer, Unmanaged.passUnretained(self).toOpaque())
    }

    func end() { observe_file_calls(nil, nil) }
}
