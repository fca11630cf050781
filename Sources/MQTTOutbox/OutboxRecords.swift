import MQTTClient
import Primitives
import Storage

/// The tables of an outbox, version 1. All keys are numbers of 8 bytes, big-endian.
enum OutboxTable {
    /// 0 → `OutboxTotals`
    static let totals = Table(0)
    /// sequence → the client's bytes, which begin with their own version
    static let messages = Table(1)
    /// sequence → Packet Identifier, big-endian. Its message is gone when PUBREC has come.
    static let exchanges = Table(2)

    static let format = StoreFormat(name: "Martlet outbox", version: 1, tables: ["totals", "messages", "exchanges"])
}

/// An outbox as records of a store: groups of changes become one batch, and are read back.
struct OutboxRecords<Store: KeyValueStore & ~Copyable & SendableMetatype>: ~Copyable {
    private var store: Store
    private var totals: OutboxTotals
    private let path: String

    /// - Parameter path: what an error calls the store
    init(_ store: consuming Store, path: String) throws(StorageError) {
        let stored = try store.get(0, in: OutboxTable.totals) { bytes throws(StorageError) in
            guard let totals = OutboxTotals(bytes) else { throw .corrupt(path: path, reason: "its totals have \(bytes.count) bytes") }
            return totals
        }
        totals = stored ?? OutboxTotals()
        self.store = store
        self.path = path
    }

    /// What is in it; of the messages only those in flight are read.
    borrowing func stored() throws(StorageError) -> StoredOutbox {
        var exchanges: [StoredExchange] = []
        try store.scan(OutboxTable.exchanges, from: 0) { sequence, value throws(StorageError) in
            guard value.count == 2 else { throw .corrupt(path: path, reason: "an exchange has \(value.count) bytes") }
            let packetID = UInt16(bigEndian: value.loadUnaligned(as: UInt16.self))
            let content = try store.get(sequence, in: OutboxTable.messages) { Array($0) }
            let message = content.map { StoredMessage(sequence: sequence, content: $0) }
            exchanges.append(StoredExchange(packetID: packetID, sequence: sequence, message: message))
            return true
        }
        return StoredOutbox(
            messages: Int(totals.messages), bytes: Int(totals.bytes), lastSequence: totals.lastSequence, exchanges: exchanges)
    }

    /// Messages without exchange above `sequence`, ascending, until `bytes` are read; at least one if there is one.
    borrowing func messages(after sequence: UInt64, bytes: Int) throws(StorageError) -> [StoredMessage] {
        guard sequence < .max else { return [] }
        var messages: [StoredMessage] = []
        var bytesLeft = bytes
        try store.scan(OutboxTable.messages, from: sequence + 1) { sequence, content throws(StorageError) in
            if try store.get(sequence, in: OutboxTable.exchanges, { _ in }) != nil { return true }
            messages.append(StoredMessage(sequence: sequence, content: Array(content)))
            bytesLeft -= content.count
            return bytesLeft > 0
        }
        return messages
    }

    /// Makes all changes of a group durable in their order, in one transaction: all of them, or with an error none.
    mutating func commit(_ group: ArraySlice<[OutboxChange]>) throws(StorageError) {
        var draft = OutboxDraft(totals: totals)
        for change in group.joined() {
            try draft.append(change) { sequence throws(StorageError) in
                try store.get(sequence, in: OutboxTable.messages) { $0.count }
            }
        }
        try store.apply(draft.batch())
        totals = draft.totals
    }
}
