import BrokerCore
import BrokerRecords
import Primitives
import Storage
import Synchronization
import Testing
import Transport

@testable import Broker

@Suite("What lies on disk, on its way to the shards")
struct RecoveryFeedTests {
    private let folder: DataFolder

    init() throws { folder = try DataFolder() }

    private func piece(_ number: UInt8) -> RecoveryFeed.Piece {
        let bytes: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, number]
        let shared = bytes.withUnsafeBytes { SharedBytes(copying: $0) }
        return RecoveryFeed.Piece(table: BrokerTable.messages, bytes: shared, count: bytes.count, bodies: [])
    }

    /// What a feed brings, to the end: table and key → value, or the value that is shared.
    private func readAll(_ feed: RecoveryFeed) -> [Table: [(key: [UInt8], value: [UInt8])]] {
        var rows: [Table: [(key: [UInt8], value: [UInt8])]] = [:]
        while let piece = feed.next() {
            piece.forEach { key, value, body in
                let bytes = body.map { Array($0.buffer) } ?? Array(value)
                rows[piece.table, default: []].append((Array(key), bytes))
            }
            feed.used(piece)
        }
        return rows
    }

    @Test("pieces come in their order, and then the end")
    func order() {
        let feed = RecoveryFeed()
        for number in 1...3 as ClosedRange<UInt8> { feed.give(piece(number)) }
        feed.end(isComplete: true)
        #expect(readAll(feed)[BrokerTable.messages]?.map(\.key) == [[1], [2], [3]])
    }

    @Test("who reads the disk waits for who is slow, so that what is between them stays small")
    func room() throws {
        let feed = RecoveryFeed()
        let given = Locked(0)
        let isFull = Semaphore()
        let hasEnded = Semaphore()
        // What is let go of elsewhere is made here.
        let pieces = (1...40 as ClosedRange<UInt8>).map(piece)
        let thread = try Thread(name: "storage") {
            for piece in pieces {
                feed.give(piece)
                given.withLock { $0 += 1 }
                if given.withLock({ $0 }) == 4 { isFull.signal() }
            }
            feed.end(isComplete: true)
            hasEnded.signal()
        }
        #expect(isFull.wait(seconds: 20))
        #expect(!hasEnded.wait(seconds: 0))
        var count = 0
        while let piece = feed.next() {
            count += 1
            let ahead = given.withLock { $0 } - count
            #expect(ahead <= 4, "\(ahead) pieces wait")
            feed.used(piece)
        }
        #expect(count == 40)
        thread.join()
    }

    @Test("every shard gets every row of every table, in the order of a recovery")
    func everyRow() throws {
        let store = try folder.open()
        let box = try ReportsInBox()
        store.commit(.rows(1...3_000, in: BrokerTable.messages, bytes: 400), number: 1, for: box.reports)
        store.commit(.rows(1...600, in: BrokerTable.retained, bytes: 900), number: 2, for: box.reports)
        store.commit(.rows([5], in: BrokerTable.sessions, bytes: 0), number: 3, for: box.reports)
        store.commit(.rows([6], in: BrokerTable.messages, bytes: 1_000_000), number: 4, for: box.reports)
        try box.waitForCommit(of: 4)
        let feeds = [RecoveryFeed(), RecoveryFeed()]
        store.tell(feeds, folder.log)
        let other = Locked<[Int]>([])
        let counts = { @Sendable (rows: [Table: [(key: [UInt8], value: [UInt8])]]) -> [Int] in
            [BrokerTable.messages, BrokerTable.retained, BrokerTable.sessions].flatMap { table in
                [rows[table]?.count ?? 0, rows[table]?.reduce(0) { $0 + $1.value.count } ?? 0]
            }
        }
        let thread = try Thread(name: "shard 1") { [self] in
            let found = counts(readAll(feeds[1]))
            other.withLock { $0 = found }
        }
        let rows = readAll(feeds[0])
        thread.join()
        let expected = [3_000, 2_999 * 400 + 1_000_000, 600, 600 * 900, 1, 0]
        #expect(counts(rows) == expected)
        #expect(other.withLock { $0 } == expected)
        for (table, bytes) in [(BrokerTable.messages, 400), (BrokerTable.retained, 900)] {
            for (place, row) in try #require(rows[table]).enumerated() {
                let number = UInt64(place + 1)
                #expect(row.key == RecordKey.bytes(number))
                guard table != BrokerTable.messages || number != 6 else { continue }
                #expect(row.value == [UInt8](repeating: UInt8(number % 251), count: bytes))
            }
        }
        store.close()
    }

    @Test("what all shards change is one transaction, and nobody goes on before it, nor before all have told the others")
    func gathering() throws {
        let store = try folder.open()
        let gathering = RecoveryGathering(store, shards: 3)
        let committed = Locked(0)
        let told = Locked(0)
        let before = Locked(0)
        let turn = { @Sendable (shard: Int) in
            before.withLock { $0 += 1 }
            gathering.commit(.rows([UInt64(shard + 1)], in: BrokerTable.messages), of: shard)
            // All have come by now.
            if before.withLock({ $0 }) == 3 { committed.withLock { $0 += 1 } }
            gathering.wasTold(by: shard)
            if committed.withLock({ $0 }) == 3 { told.withLock { $0 += 1 } }
        }
        let threads = [try BoxedThread { turn(1) }, try BoxedThread { turn(2) }]
        turn(0)
        for thread in threads { thread.join() }
        #expect(committed.withLock { $0 } == 3)
        #expect(told.withLock { $0 } == 3)
        store.close()
        let format = StoreFormat(name: BrokerTable.formatName, version: BrokerTable.formatVersion, tables: BrokerTable.names)
        let file = try LMDBStore(path: folder.store, format: format, maximumBytes: .max)
        var numbers: [UInt64] = []
        try file.scan(BrokerTable.messages, from: 0) { number, _ throws(StorageError) in
            numbers.append(number)
            return true
        }
        #expect(numbers == [1, 2, 3])
    }

    /// A thread that can stand in an array.
    private final class BoxedThread {
        private var thread: Thread?

        init(_ body: @escaping @Sendable () -> Void) throws { thread = try Thread(name: "shard", body: body) }

        func join() { thread.take()?.join() }
    }
}
