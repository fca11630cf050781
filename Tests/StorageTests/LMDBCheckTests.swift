import Foundation
import Testing

import Primitives
@testable import Storage

@Suite("A damaged file ends nothing")
struct LMDBCheckTests {
    private let directory: TemporaryDirectory
    private let path: String
    private let pageBytes = Int(getpagesize())

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("store")
    }

    /// A file with small and large values, with branches, and with free pages; and the numbers that are in it.
    private func makeFile() throws -> (bytes: Data, numbers: [UInt64]) {
        var store = try open()
        try store.apply(.puts(1...700, bytes: 500))
        try store.apply([.puts(3_000...3_030, bytes: 9_000), .puts(1...5, in: .b)])
        try store.apply(.deletes(1...100))
        try store.apply(.deletes(3_000...3_010))
        // Without what it has grown ahead.
        let grown = try Data(contentsOf: URL(fileURLWithPath: path))
        let used = (grown.lastIndex { $0 != 0 } ?? 0) / pageBytes + 1
        return (grown.prefix(used * pageBytes), try store.numbers(.a))
    }

    private func open() throws(StorageError) -> LMDBStore {
        try LMDBStore(path: path, format: .test, maximumBytes: 1 << 30)
    }

    /// Whether the file is refused as damaged, left as it is; if not, whatever is in it can be read and deleted.
    private func isRefused(_ bytes: Data, _ what: String) throws -> Bool {
        try bytes.write(to: URL(fileURLWithPath: path))
        do throws(StorageError) {
            var store = try open()
            let found = (try? store.numbers(.a)) ?? []
            do throws(StorageError) { try store.apply([.deletes(found), .puts(1...50, bytes: 3_000)]) } catch {
                Issue.record("\(what): \(error)")
            }
            return false
        } catch {
            switch error {
            case .corrupt, .foreign: break
            default: Issue.record("\(what): \(error)")
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes, "\(what)")
            return true
        }
    }

    @Test("a file that was cut is refused, unless what is missing was free")
    func cut() throws {
        let (whole, _) = try makeFile()
        var refused = 0
        for length in stride(from: 1, to: whole.count, by: whole.count / 31) where try isRefused(whole.prefix(length), "cut at \(length)") {
            refused += 1
        }
        #expect(refused > 25)
    }

    @Test("a page that was lost, or has become another, is noticed, unless it was free")
    func lostPages() throws {
        let (whole, _) = try makeFile()
        var refused = 0
        let pages = whole.count / pageBytes
        for page in stride(from: 0, to: pages, by: 11) {
            var holed = whole
            holed.replaceSubrange(page * pageBytes..<(page + 1) * pageBytes, with: Data(count: pageBytes))
            if try isRefused(holed, "page \(page) zero") { refused += 1 }
            var mixed = whole
            let other = (page + 7) % pages
            mixed.replaceSubrange(
                page * pageBytes..<(page + 1) * pageBytes, with: whole[other * pageBytes..<(other + 1) * pageBytes])
            if try isRefused(mixed, "page \(page) as \(other)") { refused += 1 }
        }
        #expect(refused > pages / 11, "\(refused) of \(pages)")
    }

    @Test("flipped bits are refused or harmless: opening, reading and writing go on", arguments: 0..<4)
    func flippedBits(seed: UInt64) throws {
        let (whole, _) = try makeFile()
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<25 {
            var damaged = whole
            // Heads of pages and the places of their entries, which is where it hurts.
            let offset = next(below: whole.count / pageBytes) * pageBytes + next(below: 200)
            damaged[offset] ^= UInt8(1 << next(below: 8))
            _ = try isRefused(damaged, "bit at \(offset)")
        }
    }

    @Test("keys out of their order, and entries that do not lie side by side, are noticed")
    func order() throws {
        do {
            var store = try open()
            try store.apply(.puts(1...5))
        }
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let page = try whole.withUnsafeBytes { bytes in
            let head = try #require(LMDBHead(bytes))
            var check = LMDBCheck(bytes, path, pageBytes: head.pageBytes)
            return Int(try #require(check.walkTables(head)["a"]?.tree.root))
        }
        // Where the entries are stands behind the head of the page, 16 bytes, in two bytes each.
        let slots = page * pageBytes + 16
        var swapped = whole
        for byte in 0..<2 { swapped.swapAt(slots + byte, slots + 2 + byte) }
        var doubled = whole
        for byte in 0..<2 { doubled[slots + byte] = doubled[slots + 2 + byte] }
        #expect(try isRefused(swapped, "swapped"))
        #expect(try isRefused(doubled, "doubled"))
    }

    @Test("a file whose last pages are free may lack them")
    func lacksFreePages() throws {
        let (whole, numbers) = try makeFile()
        var length = whole.count
        var shortest = length
        while length > pageBytes * 4 {
            length -= pageBytes
            try whole.prefix(length).write(to: URL(fileURLWithPath: path))
            guard let store = try? open() else { break }
            #expect(try store.numbers(.a) == numbers)
            shortest = length
        }
        #expect(shortest < whole.count, "the last page was not free")
    }

    @Test("a sound file passes, whatever was done to it")
    func sound() throws {
        for round in 0..<15 as Range<UInt64> {
            var store = try open()
            try store.apply(.puts(round * 100..<round * 100 + 90, bytes: Int(round) * 97))
            try store.apply([.deletes(round * 70..<round * 70 + 60), .puts([round], bytes: 20_000, in: .b)])
            if round % 7 == 0 {
                var batch = WriteBatch()
                batch.deleteAll(in: .b)
                try store.apply(batch)
            }
        }
        _ = try open()
    }
}
