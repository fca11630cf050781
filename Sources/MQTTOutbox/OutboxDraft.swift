import MQTTClient
import Primitives
import Storage

/// Changes on their way into one batch, with the totals as they will be.
struct OutboxDraft {
    private(set) var totals: OutboxTotals
    /// Steps of exchanges are made also when the store is full, or nothing in it could ever be sent.
    private var changes = WriteBatch(isNecessary: true)
    /// The sizes of messages this draft adds; nil: it removes them. The store knows the others.
    private var sizes: [UInt64: Int?] = [:]

    init(totals: OutboxTotals) { self.totals = totals }

    /// - Parameter storedSize: the size of a message that is in the store; nil: it is not there
    mutating func append(
        _ change: OutboxChange, storedSize: (UInt64) throws(StorageError) -> Int?
    ) throws(StorageError) {
        switch change {
        case .add(let message):
            if message.sequence <= totals.lastSequence { try remove(message.sequence, storedSize) }
            changes.put(message.content, at: message.sequence, in: OutboxTable.messages)
            changes.isNecessary = false
            sizes[message.sequence] = message.content.count
            totals.messages += 1
            totals.bytes += UInt64(message.content.count)
            totals.lastSequence = max(totals.lastSequence, message.sequence)
        case .begin(let packetID, let sequence):
            // Without its message the exchange would be one that waits for PUBCOMP. Such a message was refused, and its sender told.
            guard try size(of: sequence, storedSize) != nil else { return }
            changes.put(packetID.record, at: sequence, in: OutboxTable.exchanges)
        case .release(let packetID, let sequence):
            try remove(sequence, storedSize)
            changes.put(packetID.record, at: sequence, in: OutboxTable.exchanges)
        case .end(_, let sequence):
            try remove(sequence, storedSize)
            changes.delete(sequence, in: OutboxTable.exchanges)
        case .remove(let sequence):
            try remove(sequence, storedSize)
        case .forgetExchanges:
            // Their messages have the lowest sequences, so without exchange they are the first of the queue.
            changes.deleteAll(in: OutboxTable.exchanges)
        }
    }

    /// Everything appended, and the totals.
    func batch() -> WriteBatch {
        var batch = changes
        batch.put(totals.record, at: 0, in: OutboxTable.totals)
        return batch
    }

    private mutating func remove(_ sequence: UInt64, _ storedSize: (UInt64) throws(StorageError) -> Int?) throws(StorageError) {
        guard let size = try size(of: sequence, storedSize) else { return }
        changes.delete(sequence, in: OutboxTable.messages)
        sizes.updateValue(nil, forKey: sequence)
        totals.messages -= min(1, totals.messages)
        totals.bytes -= min(UInt64(size), totals.bytes)
    }

    private func size(of sequence: UInt64, _ storedSize: (UInt64) throws(StorageError) -> Int?) throws(StorageError) -> Int? {
        if let size = sizes[sequence] { return size }
        return try storedSize(sequence)
    }
}

extension UInt16 {
    fileprivate var record: [UInt8] { [UInt8(self >> 8), UInt8(truncatingIfNeeded: self)] }
}
