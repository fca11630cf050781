import BrokerRecords
import Foundation
import Primitives
import Storage
import Testing
import Transport

@testable import Broker
@testable import BrokerCore

@Suite("A broker's store")
struct BrokerStoreTests {
    private let folder: DataFolder

    init() throws { folder = try DataFolder() }

    private var format: StoreFormat {
        StoreFormat(name: BrokerTable.formatName, version: BrokerTable.formatVersion, tables: BrokerTable.names)
    }

    private func problem(_ damaged: DamagedStorePolicy = .setAside, at path: String? = nil) -> StorageError? {
        do throws(StorageError) {
            try folder.open(damaged, at: path).close()
            return nil
        } catch {
            return error
        }
    }

    /// The numbers of a table.
    private func numbers(_ table: Table) throws -> [UInt64] {
        let store = try LMDBStore(path: folder.store, format: format, maximumBytes: .max)
        var numbers: [UInt64] = []
        try store.scan(table, from: 0) { number, _ throws(StorageError) in
            numbers.append(number)
            return true
        }
        return numbers
    }

    @Test("makes its directory for its user alone, and knows of no earlier run")
    func new() throws {
        let before = Clock.system.wallNanoseconds()
        let store = try folder.open()
        #expect(store.placement == nil)
        #expect(store.aliveAt >= before)
        #expect(store.keeping.durability == .strict)
        #expect(folder.names() == ["store.lmdb", "store.lmdb.lock"])
        var status = stat()
        #expect(stat(folder.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        store.close()
    }

    @Test("knows how clients were placed in the last run, and when that was last alive")
    func again() throws {
        let first = try folder.open()
        var batch = WriteBatch()
        var value = ByteBuffer(capacity: 16)
        PlacementRecord(hashSeed: 77, shards: 3).append(to: &value)
        batch.put(Array(value.bytes), at: PlacementRecord.key, in: BrokerTable.meta)
        let done = Semaphore()
        first.commit(batch) { done.signal() }
        #expect(done.wait(seconds: 20))
        first.close()
        let times = [timespec(tv_sec: 1_000, tv_nsec: 5), timespec(tv_sec: 1_000, tv_nsec: 5)]
        #expect(utimensat(AT_FDCWD, folder.store + ".lock", times, 0) == 0)
        let second = try folder.open()
        #expect(second.placement?.hashSeed == 77)
        #expect(second.placement?.shards == 3)
        #expect(second.aliveAt == 1_001_000_000_005, "a beat later, for it may have lived on")
        second.close()
    }

    @Test("leaves behind that it is alive", .timeLimit(.minutes(1)))
    func beats() throws {
        let store = try folder.open()
        let times = [timespec(tv_sec: 1_000, tv_nsec: 0), timespec(tv_sec: 1_000, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, folder.store + ".lock", times, 0) == 0)
        var status = stat()
        repeat {
            #expect(stat(folder.store + ".lock", &status) == 0)
            sched_yield()
        } while status.st_mtim.tv_sec == 1_000
        store.close()
    }

    @Test("tells each shard of its own batches, and they are there afterwards", arguments: [Durability.strict, .relaxed])
    func commits(durability: Durability) throws {
        let store = try folder.open(.refuse, durability)
        let first = try ReportsInBox()
        let second = try ReportsInBox()
        for number in 1...20 as ClosedRange<UInt64> {
            store.commit(.rows([number], in: BrokerTable.messages), number: number, for: first.reports)
            store.commit(.rows([number + 100], in: BrokerTable.messages), number: number, for: second.reports)
        }
        try first.waitForCommit(of: 20)
        try second.waitForCommit(of: 20)
        store.close()
        #expect(try numbers(BrokerTable.messages) == Array(1...20) + Array(101...120))
    }

    @Test("closing leaves nothing behind that was given before")
    func closes() throws {
        let store = try folder.open(.refuse, .relaxed)
        let box = try ReportsInBox()
        for number in 1...500 as ClosedRange<UInt64> {
            store.commit(.rows([number], in: BrokerTable.messages), number: number, for: box.reports)
        }
        store.close()
        #expect(try numbers(BrokerTable.messages) == Array(1...500))
    }

    @Test("reads messages as they are when everything given before is applied, relaxed as well", arguments: [Durability.strict, .relaxed])
    func loads(durability: Durability) throws {
        let store = try folder.open(.refuse, durability)
        let box = try ReportsInBox()
        store.commit(.rows(1...9, in: BrokerTable.messages, bytes: 21), number: 1, for: box.reports)
        store.commit(.rows([10], in: BrokerTable.messages, bytes: 12), number: 2, for: box.reports)
        store.load(LoadRequest(session: 4, number: 8, load: 15, records: [9, 3, 77, 10]), for: box.reports)
        var found: LoadedMessages?
        while found == nil { for case .loaded(let messages) in try box.next() { found = messages } }
        let messages = try #require(found)
        defer { messages.bytes.release() }
        #expect(messages.session == 4 && messages.number == 8 && messages.load == 15)
        // Number and length, then the message, up to the next multiple of 8.
        #expect(messages.count == 40 + 40 + 24)
        var (offset, seen): (Int, [UInt64: Int]) = (0, [:])
        while offset < messages.count {
            let start = messages.bytes.bytes + offset
            let number = start.loadUnaligned(as: UInt64.self)
            let length = Int(start.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            seen[number] = length
            #expect((0..<length).allSatisfy { (start + 12 + $0).load(as: UInt8.self) == UInt8(number) })
            offset += (12 + length + 7) & ~7
        }
        #expect(seen == [9: 21, 3: 21, 10: 12])
        store.close()
    }

    @Test("a second broker is refused its directory, and the first goes on")
    func second() throws {
        let store = try folder.open()
        #expect(problem() == .busy(path: folder.store, holder: "this process"))
        #expect(problem(.refuse) == .busy(path: folder.store, holder: "this process"))
        let box = try ReportsInBox()
        store.commit(.rows([1], in: BrokerTable.messages), number: 1, for: box.reports)
        try box.waitForCommit(of: 1)
        store.close()
        #expect(problem() == nil)
    }

    /// A store with 200 messages of which a page that is in use has other bytes.
    private func makeDamaged() throws -> Data {
        let store = try folder.open()
        let box = try ReportsInBox()
        store.commit(.rows(1...200, in: BrokerTable.messages, bytes: 500), number: 1, for: box.reports)
        try box.waitForCommit(of: 1)
        store.close()
        var bytes = try #require(folder.bytes(folder.store))
        for page in 2..<bytes.count / 4_096 { bytes[page * 4_096 + 10] ^= 0x55 }
        try bytes.write(to: URL(fileURLWithPath: folder.store))
        return bytes
    }

    @Test("what is damaged is kept under another name, with a line that says so, and the store begins empty", arguments: [true, false])
    func setsAside(isStore: Bool) throws {
        let before: Data
        if isStore {
            before = try makeDamaged()
        } else {
            before = Data("no store at all".utf8)
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            try before.write(to: URL(fileURLWithPath: folder.store))
        }
        let store = try folder.open()
        #expect(store.placement == nil)
        store.close()
        #expect(try numbers(BrokerTable.messages) == [])
        let aside = try #require(folder.names().first { $0.hasPrefix("store.lmdb.damaged-") })
        #expect(folder.bytes("\(folder.path)/\(aside)") == before)
        let log = folder.closeLog()
        #expect(log.contains("store_set_aside") && log.contains(aside) && log.contains("martlet doctor"), "\(log)")
    }

    @Test("of two that find it damaged at once one has the directory, and nothing but what was damaged is set aside")
    func setsAsideOnce() throws {
        let directory = folder.path
        for round in 0..<20 {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Data("no store at all".utf8).write(to: URL(fileURLWithPath: folder.store))
            let stores = Locked<[BrokerStore]>([])
            let refused = Locked<[StorageError]>([])
            let (start, ends) = (Semaphore(), Semaphore())
            for _ in 0..<2 {
                _ = try Thread(name: "broker") { [folder] in
                    start.wait()
                    do throws(StorageError) {
                        let store = try folder.open()
                        stores.withLock { $0.append(store) }
                    } catch {
                        refused.withLock { $0.append(error) }
                    }
                    ends.signal()
                }
            }
            for _ in 0..<2 { start.signal() }
            for _ in 0..<2 { #expect(ends.wait(seconds: 20)) }
            let refusals = refused.withLock { $0 }
            guard refusals.count == 1, case .busy = refusals[0] else { return _ = Issue.record("\(refusals) in round \(round)") }
            #expect(folder.names().map { $0.prefix(19) } == ["store.lmdb", "store.lmdb.damaged-", "store.lmdb.lock"], "round \(round)")
            for store in stores.withLock({ $0 }) { store.close() }
            try FileManager.default.removeItem(atPath: directory)
        }
    }

    @Test("or it is refused, if that was asked for, and stays where it is")
    func refuses() throws {
        let before = try makeDamaged()
        let error = try #require(problem(.refuse))
        #expect(error.isDamage)
        #expect("\(error)".contains(folder.store))
        #expect(folder.bytes(folder.store) == before)
        #expect(folder.names() == ["store.lmdb", "store.lmdb.lock"])
    }

    @Test("what a later program has written is refused, whatever is to be done with damage", arguments: DamagedStorePolicy.allCases)
    func newer(policy: DamagedStorePolicy) throws {
        try folder.open().close()
        try FileManager.default.removeItem(atPath: folder.store)
        do {
            let later = StoreFormat(name: BrokerTable.formatName, version: BrokerTable.formatVersion + 1, tables: BrokerTable.names)
            _ = try LMDBStore(path: folder.store, format: later, maximumBytes: .max)
        }
        let version = BrokerTable.formatVersion
        #expect(problem(policy) == .newerFormat(path: folder.store, found: version + 1, known: version))
        #expect(folder.names() == ["store.lmdb", "store.lmdb.lock"])
    }

    @Test("a directory that cannot be is told as such, with what to do")
    func impossible() throws {
        let file = folder.root + "/file"
        try "text".write(toFile: file, atomically: false, encoding: .utf8)
        #expect("\(try #require(problem(at: file)))".contains("what stands before the last / is no directory"))
        #expect("\(try #require(problem(at: file + "/data")))".contains("what stands before the last / is no directory"))
        #expect("\(try #require(problem(at: folder.root + "/none/data")))".contains("its directory does not exist; create that first"))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "text")
    }

    @Test("a directory that may not be written is told as such", .enabled(if: geteuid() != 0, "root may write everywhere"))
    func permissions() throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        #expect(chmod(folder.path, 0o500) == 0)
        defer { chmod(folder.path, 0o700) }
        #expect(problem() == .permissionDenied(path: folder.store + ".lock"))
    }
}
