import BrokerCore
import BrokerRecords
import Primitives
import Storage
import Synchronization
import Transport

/// Rows of a store on their way to one shard, in pieces: as many as are being read and used at once.
final class RecoveryFeed: Sendable {
    /// Rows of one table, end to end.
    struct Piece: Sendable {
        let table: Table
        /// Each: length of key and value, 4 bytes each, then both.
        let bytes: SharedBytes
        let count: Int
        /// The values once more, each in memory of its own, where they are for all shards.
        let bodies: [SharedBytes]
    }

    private let pieces = Locked<[Piece]>([])
    private let filled = Semaphore()
    private let room = Semaphore()
    private static let atOnce = 4
    private let isCut = Atomic(false)

    init() {
        for _ in 0..<Self.atOnce { room.signal() }
    }

    /// Waits for room, on the storage thread.
    func give(_ piece: Piece) {
        room.wait()
        pieces.withLock { $0.append(piece) }
        filled.signal()
    }

    /// There is nothing more. Not `isComplete`: because the rest cannot be read.
    func end(isComplete: Bool) {
        isCut.store(!isComplete, ordering: .releasing)
        filled.signal()
    }

    /// After the last piece: whether there was more.
    var lacksRows: Bool { isCut.load(ordering: .acquiring) }

    /// The next piece; nil: that was all.
    func next() -> Piece? {
        filled.wait()
        return pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    /// A piece has been used.
    func used(_ piece: Piece) {
        piece.bytes.release()
        for body in piece.bodies { body.release() }
        room.signal()
    }
}

extension RecoveryFeed.Piece {
    /// Each row, and its body if it has one.
    func forEach(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, SharedBytes?) -> Void) {
        var offset = 0
        var row = 0
        while offset < count {
            let start = bytes.bytes + offset
            let keyCount = Int(start.loadUnaligned(as: UInt32.self))
            let valueCount = Int(start.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            body(
                UnsafeRawBufferPointer(start: start + 8, count: keyCount),
                UnsafeRawBufferPointer(start: start + 8 + keyCount, count: valueCount),
                bodies.isEmpty ? nil : bodies[row])
            offset += 8 + keyCount + valueCount
            row += 1
        }
    }
}

/// Reads a store from one end to the other, for all shards.
struct RecoveryReading {
    let feeds: [RecoveryFeed]
    private static let pieceBytes = 262_144

    /// false: a table could not be read to its end. Whoever went on without it would take the rest for orphans.
    func readAll(_ store: borrowing LMDBStore, _ log: LogWriter) -> Bool {
        for table in BrokerCore.recoveredTables {
            do throws(StorageError) {
                try read(table, store)
            } catch {
                log.error(
                    .storeUnreadable,
                    [
                        .text("table", BrokerTable.names[table.place]), .reason("\(error)"),
                        .hint("the broker ends and has changed nothing; `martlet doctor` on its data directory says more"),
                    ])
                return false
            }
        }
        return true
    }

    private func read(_ table: Table, _ store: borrowing LMDBStore) throws(StorageError) {
        // A Retained Message is on every shard, and there once for all of them.
        let isShared = table == BrokerTable.retained
        var bytes = ByteBuffer(capacity: Self.pieceBytes)
        var bodies: [SharedBytes] = []
        var bodyBytes = 0
        try store.scan(table, from: UnsafeRawBufferPointer(start: nil, count: 0)) { key, value throws(StorageError) in
            let place = bytes.extend(by: 8 + key.count + (isShared ? 0 : value.count))
            place.storeBytes(of: UInt32(key.count), as: UInt32.self)
            place.storeBytes(of: UInt32(isShared ? 0 : value.count), toByteOffset: 4, as: UInt32.self)
            if let start = key.baseAddress { (place + 8).copyMemory(from: start, byteCount: key.count) }
            if isShared {
                bodies.append(SharedBytes(copying: value))
                bodyBytes += value.count
            } else if let start = value.baseAddress {
                (place + 8 + key.count).copyMemory(from: start, byteCount: value.count)
            }
            if bytes.count + bodyBytes >= Self.pieceBytes { give(table, &bytes, &bodies, &bodyBytes) }
            return true
        }
        if bytes.count > 0 { give(table, &bytes, &bodies, &bodyBytes) }
    }

    private func give(_ table: Table, _ bytes: inout ByteBuffer, _ bodies: inout [SharedBytes], _ bodyBytes: inout Int) {
        let copy = SharedBytes(copying: bytes.bytes)
        for _ in feeds.dropFirst() {
            copy.retain()
            for body in bodies { body.retain() }
        }
        for feed in feeds { feed.give(RecoveryFeed.Piece(table: table, bytes: copy, count: bytes.count, bodies: bodies)) }
        bytes.removeAll()
        bodies.removeAll(keepingCapacity: true)
        bodyBytes = 0
    }
}

/// Where the shards wait for each other at the end of a recovery: what all of them change is one transaction, and what
/// they tell each other is in their mailboxes before any of them goes on.
final class RecoveryGathering: Sendable {
    private let store: BrokerStore
    private let waiting: Locked<(changes: [WriteBatch?], missing: Int)>
    private let isCommitted: [Semaphore]
    private let isTold: [Semaphore]
    private let untold: Locked<Int>

    init(_ store: BrokerStore, shards: Int) {
        self.store = store
        waiting = Locked((Array(repeating: nil, count: shards), shards))
        untold = Locked(shards)
        isCommitted = (0..<shards).map { _ in Semaphore() }
        isTold = (0..<shards).map { _ in Semaphore() }
    }

    /// Returns when the changes of all shards are durable, or the broker is to end.
    func commit(_ changes: WriteBatch, of shard: Int, whileWaiting: () -> Void = {}) {
        let all: [WriteBatch?]? = waiting.withLock { waiting in
            waiting.changes[shard] = changes
            waiting.missing -= 1
            return waiting.missing == 0 ? waiting.changes : nil
        }
        if let all {
            var together = WriteBatch()
            for changes in all.compactMap(\.self) { together.append(changes) }
            let isCommitted = isCommitted
            store.commit(together) { for semaphore in isCommitted { semaphore.signal() } }
        }
        while !isCommitted[shard].wait(seconds: 1) { whileWaiting() }
    }

    /// Returns when all shards have told the others what they took up.
    func wasTold(by shard: Int) {
        let isLast = untold.withLock { untold in
            untold -= 1
            return untold == 0
        }
        if isLast { for semaphore in isTold { semaphore.signal() } }
        isTold[shard].wait()
    }
}

/// What the shards share for a recovery.
final class RecoveryPlan: Sendable {
    let feeds: [RecoveryFeed]
    let gathering: RecoveryGathering

    init(_ store: BrokerStore, shards: Int) {
        feeds = (0..<shards).map { _ in RecoveryFeed() }
        gathering = RecoveryGathering(store, shards: shards)
    }
}
