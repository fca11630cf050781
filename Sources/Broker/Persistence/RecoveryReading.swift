import BrokerCore
import BrokerRecords
import Primitives
import Storage

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
