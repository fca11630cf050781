import BrokerCore
import BrokerRecords
import Primitives

/// The one store of all shards: what they give it becomes durable late, several batches at a time, in the order in which
/// it was given; a loss of power takes away what is not.
final class VirtualDisk {
    private enum Work {
        case commit(WriteBatch, UInt64)
        case load(LoadRequest)
    }

    /// What is durable: for each table of `BrokerTable`, key → value.
    private(set) var tables: [[[UInt8]: [UInt8]]] = Array(repeating: [:], count: BrokerTable.names.count)
    /// What is given and not done, in order.
    private var queue: [(shard: Int, work: Work)] = []
    /// What each shard has not been told.
    private var reports: [[StorageReport]] = []
    private let network: VirtualNetwork
    /// Everything is done at once.
    private let isInstant: Bool
    private var random: SeededRandom
    /// Every attempt fails.
    var isStuck = false
    /// When it does something next.
    private var turnsAt: Instant?

    init(network: VirtualNetwork, isInstant: Bool, random: SeededRandom) {
        self.network = network
        self.isInstant = isInstant
        self.random = random
    }

    deinit { forgetReports() }

    // The shards' side

    func commit(_ batch: WriteBatch, number: UInt64, of shard: Int) { take(.commit(batch, number), of: shard) }

    func load(_ request: LoadRequest, of shard: Int) { take(.load(request), of: shard) }

    /// Whether `shard` has something to be told.
    func hasReports(for shard: Int) -> Bool { shard < reports.count && !reports[shard].isEmpty }

    func drain(_ shard: Int, into told: inout [StorageReport]) {
        guard hasReports(for: shard) else { return }
        told += reports[shard]
        reports[shard] = []
    }

    private func take(_ work: Work, of shard: Int) {
        while reports.count <= shard { reports.append([]) }
        queue.append((shard, work))
        if isInstant { carryOut(queue.count) } else if turnsAt == nil { schedule() }
    }

    // What time brings

    /// The disk has got round to what waits: it does some of it, or fails, and tries again later.
    func turn() {
        guard let moment = turnsAt, moment <= network.now else { return }
        turnsAt = nil
        if !isStuck, !random.chance(10) { carryOut(random.chance(70) ? queue.count : random.among(1...queue.count)) }
        if !queue.isEmpty { schedule() }
    }

    private func schedule() {
        let microseconds = random.chance(4) ? 500_000 : random.among(0...20_000)
        let moment = Instant(nanoseconds: network.now.nanoseconds + Int64(microseconds) * 1_000)
        turnsAt = moment
        network.events.insert(.disk(self), at: moment)
    }

    private func carryOut(_ count: Int) {
        let done = queue.prefix(count)
        queue.removeFirst(done.count)
        for (shard, work) in done {
            switch work {
            case .commit(let batch, let number):
                apply(batch)
                reports[shard].append(.committed(number))
            case .load(let request): reports[shard].append(.loaded(read(request)))
            }
        }
    }

    // The store

    /// Makes a batch durable now.
    func apply(_ batch: WriteBatch) {
        batch.forEach { change in
            switch change {
            case .put(let table, let key, let value): tables[table.place][Array(key)] = Array(value)
            case .delete(let table, let key): tables[table.place][Array(key)] = nil
            case .deleteAll(let table): tables[table.place] = [:]
            case .deletePrefix(let table, let prefix):
                for key in tables[table.place].keys where key.starts(with: prefix) { tables[table.place][key] = nil }
            }
        }
    }

    /// The rows of a table in the order of their keys.
    func rows(of table: Table) -> [(key: [UInt8], value: [UInt8])] {
        tables[table.place].sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }

    /// Puts something else in the place of a value, or takes it away: a row that cannot be read.
    func damage(_ key: [UInt8], in table: Table, _ value: [UInt8]?) { tables[table.place][key] = value }

    private func read(_ request: LoadRequest) -> LoadedMessages {
        let found = request.records.compactMap { record in
            tables[BrokerTable.messages.place][RecordKey.bytes(record)].map { (record, $0) }
        }
        let count = found.reduce(0) { $0 + Self.size($1.1) }
        let bytes = SharedBytes(count: max(1, count))
        var place = bytes.mutableBytes
        for (record, value) in found {
            place.storeBytes(of: record, as: UInt64.self)
            place.storeBytes(of: UInt32(value.count), toByteOffset: 8, as: UInt32.self)
            UnsafeMutableRawBufferPointer(start: place + 12, count: value.count).copyBytes(from: value)
            place += Self.size(value)
        }
        return LoadedMessages(answering: request, bytes: bytes, count: count)
    }

    private static func size(_ value: [UInt8]) -> Int { (12 + value.count + 7) & ~7 }

    // Loss of power

    /// Some of what was given has become durable, the first of it; the rest is lost.
    func losePower(_ random: inout SeededRandom) {
        carryOut(random.pick([0, queue.count, random.among(0...queue.count)]))
        queue = []
        turnsAt = nil
        forgetReports()
    }

    private func forgetReports() {
        for case .loaded(let messages) in reports.joined() { messages.bytes.release() }
        reports = []
    }
}
