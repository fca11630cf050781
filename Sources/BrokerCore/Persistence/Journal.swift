import BrokerRecords
import Primitives

/// What this shard asks to be made durable: a batch for each tick, and which of them are.
///
/// All shards write to one store. A batch is given away before anything is told to another shard or a client, so that
/// whatever follows from it becomes durable after it, or with it.
struct Journal: ~Copyable {
    /// Something is kept at all.
    let isOn: Bool
    /// Promises wait for the disk.
    let holds: Bool
    var keeping: Keeping
    private let shard: UInt64
    private let common: SharedCounter

    private(set) var batch = WriteBatch()
    /// The number of the last batch given away, and of the last one that is durable.
    private(set) var given: UInt64 = 0
    private(set) var committed: UInt64 = 0
    /// Batches given away and not durable, with their bytes.
    private var underWay = RingQueue<Int>()
    private(set) var uncommittedBytes = 0

    // Numbers for records, taken from those of all shards in blocks.
    private var nextNumber = 0
    private var endOfNumbers = 0
    private var block = Self.firstBlock
    private static var firstBlock: Int { 16 }

    /// Claims of the message being routed, until it is written.
    var claims = ByteBuffer(capacity: 1_024)
    var claimCount: UInt32 = 0
    /// How many claims are open of each message on disk that had more than one.
    var unsettled: [UInt64: UInt32] = [:]
    /// What to read for sessions whose queues are on disk.
    var loads: [LoadRequest] = []

    init(_ keeping: Keeping, _ place: ShardPlace) {
        self.keeping = keeping
        isOn = keeping.durability != .none
        holds = keeping.durability == .strict
        shard = UInt64(place.index)
        common = place.common.records
    }

    deinit {
        var underWay = underWay
        underWay.deallocate()
    }

    /// The batch that has to be durable before a promise made now is kept.
    var awaited: UInt64 { batch.isEmpty ? given : given + 1 }
    /// Whether a promise made now need not wait.
    @inline(__always) var isSettled: Bool { !holds || (batch.isEmpty && committed == given) }
    /// Grows with every change until the batch is taken: what made it grow has something to keep.
    @inline(__always) var extent: Int { batch.byteCount }

    /// A number for a record: no shard gives it a second time, and later ones are mostly higher.
    mutating func makeNumber() -> UInt64 {
        if nextNumber == endOfNumbers {
            endOfNumbers = common.advance(by: block)
            nextNumber = endOfNumbers - block
            block = min(block * 2, 1_024)
        }
        nextNumber += 1
        return UInt64(nextNumber) << 6 | shard
    }

    /// Everything that changed since the last time; nil: nothing. What is left of a block of numbers is given up, for
    /// other shards write higher ones meanwhile.
    mutating func takeBatch() -> WriteBatch? {
        guard !batch.isEmpty else { return nil }
        nextNumber = 0
        endOfNumbers = 0
        block = Self.firstBlock
        given += 1
        underWay.append(batch.byteCount)
        uncommittedBytes += batch.byteCount
        defer { batch = WriteBatch() }
        return batch
    }

    /// The batches up to this one are durable.
    mutating func wasCommitted(_ number: UInt64) {
        while committed < number, let bytes = underWay.popFirst() {
            committed += 1
            uncommittedBytes -= bytes
        }
    }

    mutating func put(_ count: Int, at key: UInt64, in table: Table, _ fill: (UnsafeMutableRawPointer) -> Void) {
        batch.put(count, at: key, in: table, fill)
    }

    mutating func put(at key: UInt64, in table: Table, _ append: (inout ByteBuffer) -> Void) {
        var value = ByteBuffer(capacity: 128)
        append(&value)
        withUnsafeBytes(of: key.bigEndian) { batch.put(value.bytes, at: $0, in: table) }
    }

    mutating func put(at key: [UInt8], in table: Table, _ append: (inout ByteBuffer) -> Void = { _ in }) {
        var value = ByteBuffer(capacity: 16)
        append(&value)
        key.withUnsafeBytes { batch.put(value.bytes, at: $0, in: table) }
    }

    mutating func delete(_ key: UInt64, in table: Table) { batch.delete(key, in: table) }
    mutating func delete(_ key: [UInt8], in table: Table) { batch.delete(key, in: table) }

    /// Everything under keys that begin with a number.
    mutating func deleteAll(of number: UInt64, in table: Table) {
        withUnsafeBytes(of: number.bigEndian) { batch.deletePrefix($0, in: table) }
    }
}
