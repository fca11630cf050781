/// What an outbox knows of itself without reading its messages: kept in the transaction that changes it.
struct OutboxTotals: Hashable {
    var messages: UInt64 = 0
    /// Of the messages' contents.
    var bytes: UInt64 = 0
    /// The highest there ever was, so that none comes twice although the outbox was empty in between.
    var lastSequence: UInt64 = 0

    init() {}

    /// nil: this is not what `record` writes.
    init?(_ record: UnsafeRawBufferPointer) {
        guard record.count == 24 else { return nil }
        messages = UInt64(bigEndian: record.loadUnaligned(as: UInt64.self))
        bytes = UInt64(bigEndian: record.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        lastSequence = UInt64(bigEndian: record.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        guard messages <= Int.max, bytes <= Int.max else { return nil }
    }

    /// Three numbers, big-endian.
    var record: [UInt8] {
        [messages, bytes, lastSequence].flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
    }
}
