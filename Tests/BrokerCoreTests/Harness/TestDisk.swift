import BrokerRecords
import Primitives

@testable import BrokerCore

/// A store for tests: it takes batches of all shards in order and makes them durable at once, or when a test says so. What is
/// not durable is forgotten when a broker is started on it again.
final class TestDisk {
    private(set) var rows: [Table: [[UInt8]: [UInt8]]] = [:]
    private var waiting: [(shard: Int, number: UInt64, batch: WriteBatch)] = []
    private var reports: [Int: [StorageReport]] = [:]
    /// Batches wait until it is false again.
    var isSlow = false {
        didSet { if !isSlow { commit() } }
    }
    /// Nanoseconds by which somebody has set the clock on the wall forward.
    var clockStep: Int64 = 0
    /// When the broker was last alive: when tests begin, unless one says otherwise.
    var aliveAt = TestBroker.wallOffset + 1_000_000_000_000

    deinit { forgetReports() }

    var isEmpty: Bool { rows.allSatisfy { $0.key == BrokerTable.meta || $0.value.isEmpty } }
    func count(_ table: Table) -> Int { rows[table]?.count ?? 0 }
    func hasReports(for shard: Int) -> Bool { reports[shard]?.isEmpty == false }

    func commit(_ batch: WriteBatch, number: UInt64, of shard: Int) {
        waiting.append((shard, number, batch))
        if !isSlow { commit() }
    }

    /// Makes the oldest `count` of the batches that wait durable, without those that follow.
    func commitOldest(_ count: Int) {
        for (shard, number, batch) in waiting.prefix(count) {
            apply(batch)
            reports[shard, default: []].append(.committed(number))
        }
        waiting.removeFirst(min(count, waiting.count))
    }

    private func commit() { commitOldest(waiting.count) }

    func apply(_ batch: WriteBatch) {
        batch.forEach { change in
            switch change {
            case .put(let table, let key, let value): rows[table, default: [:]][Array(key)] = Array(value)
            case .delete(let table, let key): rows[table]?[Array(key)] = nil
            case .deleteAll(let table): rows[table] = [:]
            case .deletePrefix(let table, let prefix): rows[table] = rows[table]?.filter { !$0.key.starts(with: prefix) }
            }
        }
    }

    func load(_ request: LoadRequest, for shard: Int) {
        commit()
        var bytes = ByteBuffer()
        for number in request.records {
            guard let value = rows[BrokerTable.messages]?[RecordKey.bytes(number)] else { continue }
            let place = bytes.extend(by: (12 + value.count + 7) & ~7)
            place.storeBytes(of: number, as: UInt64.self)
            place.storeBytes(of: UInt32(value.count), toByteOffset: 8, as: UInt32.self)
            (place + 12).copyMemory(from: value, byteCount: value.count)
        }
        reports[shard, default: []].append(
            .loaded(LoadedMessages(answering: request, bytes: SharedBytes(copying: bytes.bytes), count: bytes.count)))
    }

    func drain(_ shard: Int, into reports: inout [StorageReport]) {
        reports += self.reports[shard] ?? []
        self.reports[shard] = []
    }

    /// The broker has crashed: what it asked for and was not durable never was.
    func forget() {
        waiting = []
        forgetReports()
        isSlow = false
    }

    private func forgetReports() {
        for case .loaded(let messages) in reports.values.joined() { messages.bytes.release() }
        reports = [:]
    }

    /// How clients were placed in the last run.
    var placement: PlacementRecord? { rows[BrokerTable.meta]?[PlacementRecord.key]?.withUnsafeBytes { PlacementRecord($0) } }

    /// Every row in the order of a recovery.
    func forEachRow(_ body: (Table, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
        for table in BrokerCore.recoveredTables {
            for (key, value) in (rows[table] ?? [:]).sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                key.withUnsafeBytes { key in value.withUnsafeBytes { body(table, key, $0) } }
            }
        }
    }

    func remove(_ key: [UInt8], in table: Table) { rows[table]?[key] = nil }

    /// Puts a row there by hand.
    func put(_ value: [UInt8], at key: [UInt8], in table: Table) { rows[table, default: [:]][key] = value }

    /// Does to a row what no broker would: as a page does that has gone bad, or somebody who means harm.
    func damage(_ random: inout SeededRandom) {
        let table = BrokerCore.recoveredTables[Int.random(in: 0..<BrokerCore.recoveredTables.count, using: &random)]
        let keys = (rows[table] ?? [:]).keys.sorted { $0.lexicographicallyPrecedes($1) }
        guard var key = keys.randomElement(using: &random), var value = rows[table]?[key] else { return }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: rows[table]?[key] = nil
        case 1:
            if !value.isEmpty { value[Int.random(in: 0..<value.count, using: &random)] = .random(in: 0...255, using: &random) }
            rows[table]?[key] = value
        case 2:
            // Where the numbers stand.
            if !value.isEmpty {
                value[Int.random(in: 0..<min(32, value.count), using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
            }
            rows[table]?[key] = value
        case 3: rows[table]?[key] = Array(value.prefix(.random(in: 0...value.count, using: &random)))
        case 4: rows[table]?[key] = value + [UInt8](repeating: .random(in: 0...255, using: &random), count: 5)
        case 5: rows[table]?[key] = [UInt8](repeating: .random(in: 0...1, using: &random) * 255, count: value.count)
        case 6:
            key[Int.random(in: 0..<key.count, using: &random)] = .random(in: 0...255, using: &random)
            rows[table]?[key] = value
        default:
            // Another row's value, of any table.
            let other = BrokerCore.recoveredTables[Int.random(in: 0..<BrokerCore.recoveredTables.count, using: &random)]
            let values = (rows[other] ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
            rows[table]?[key] = values.randomElement(using: &random)
        }
    }
}
