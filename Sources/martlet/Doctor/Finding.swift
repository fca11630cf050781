import BrokerRecords
import Primitives

/// A row that is not as it should be.
struct Finding: Equatable {
    let table: Table
    /// Of the row.
    let key: [UInt8]
    let problem: String
    let remedy: Remedy

    /// What puts it right.
    enum Remedy: Equatable {
        case remove
        /// A claim of the message is marked as settled.
        case settle(session: UInt64)
        /// The row is missing, and is written.
        case put([UInt8])
    }

    init(_ table: Table, _ key: [UInt8], _ problem: String, _ remedy: Remedy = .remove) {
        self.table = table
        self.key = key
        self.problem = problem
        self.remedy = remedy
    }

    var tableName: String { BrokerTable.names[table.place] }

    /// The key as a person reads it.
    var keyText: String {
        key.withUnsafeBytes { key in
            switch table {
            case BrokerTable.meta:
                if let name = PlainText.text(Array(key)) { return name }
            case BrokerTable.settled:
                if let (message, session) = RecordKey.pair(key) { return "message \(message), session \(session)" }
            case BrokerTable.exchanges, BrokerTable.received:
                if let (session, packetID) = RecordKey.exchange(key) { return "session \(session), packet \(packetID)" }
            case BrokerTable.unconfirmed:
                if let (message, shard) = RecordKey.unconfirmed(key) { return "message \(message), shard \(shard)" }
            default:
                if key.count == 8 { return "\(UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)))" }
            }
            return "0x" + key.map(HexDump.hex).joined()
        }
    }

    /// What `--repair` does.
    var repair: String {
        switch remedy {
        case .remove: "removed"
        case .settle: "claim removed"
        case .put: "written anew"
        }
    }

    /// Adds what puts it right.
    func repair(in batch: inout WriteBatch) {
        switch remedy {
        case .remove: batch.delete(key, in: table)
        case .settle(let session): batch.put([], at: key + RecordKey.bytes(session), in: BrokerTable.settled)
        case .put(let value): batch.put(value, at: key, in: table)
        }
    }

    var json: String { object.closed }

    /// With what was done.
    var repairJSON: String {
        var object = object
        object.add("done", repair)
        return object.closed
    }

    private var object: JSONObject {
        var object = JSONObject()
        object.add("table", tableName)
        object.add("key", keyText)
        object.add("problem", problem)
        return object
    }
}
