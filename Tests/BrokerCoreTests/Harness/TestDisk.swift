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

    private func commit() {
        for (shard, number, batch) in waiting {
            apply(batch)
            reports[shard, default: []].append(.committed(number))
        }
        waiting = []
    }

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
}
