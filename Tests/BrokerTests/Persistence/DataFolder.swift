import BrokerCore
import BrokerRecords
import Foundation
import Primitives
import Storage
import Transport

@testable import Broker

/// A data directory for a test, with a log whose lines it keeps.
final class DataFolder: Sendable {
    /// Exists.
    let root: String
    /// Does not exist yet.
    let path: String
    let log: LogWriter
    private let lines = Lines()

    private final class Lines: Sendable {
        let text = Locked("")
    }

    var store: String { path + "/store.lmdb" }

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-broker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        root = url.path
        path = root + "/data"
        let lines = lines
        let output = LogOutput(isTerminal: false, usesColour: false) { text in lines.text.withLock { $0 += text } }
        log = LogWriter(configuration: LogConfiguration(), output: output, wallClock: { Clock.system.wallNanoseconds() })
    }

    deinit {
        log.close()
        try? FileManager.default.removeItem(atPath: root)
    }

    /// Everything logged, and nothing more is.
    func closeLog() -> String {
        log.close()
        return lines.text.withLock { $0 }
    }

    /// For a broker on this machine that keeps what it has to here.
    func configuration(loops: Int) -> BrokerConfiguration {
        var configuration = BrokerConfiguration()
        configuration.loops = loops
        configuration.listeners = [ListenerConfiguration(port: 0)]
        configuration.persistence.directory = path
        return configuration
    }

    /// - Parameter path: of the directory, if it is another one
    func open(_ damaged: DamagedStorePolicy = .setAside, _ durability: Durability = .strict, at path: String? = nil) throws(StorageError)
        -> BrokerStore
    {
        var configuration = PersistenceConfiguration()
        configuration.directory = path ?? self.path
        configuration.durability = durability
        configuration.damagedStore = damaged
        return try BrokerStore(configuration, in: path ?? self.path, clock: .system, log: log)
    }

    /// Names in the directory.
    func names() -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }
}

/// What a shard would be told, and the means to wait for it.
struct ReportsInBox: ~Copyable {
    let reports: ShardReports
    private let poller: Poller

    struct Overdue: Error {}

    init() throws {
        poller = try Poller()
        reports = ShardReports(waker: poller.waker)
    }

    /// Waits until there is something.
    func next() throws -> [StorageReport] {
        var events = EventBatch()
        var taken: [StorageReport] = []
        let end = Clock.system.now().advanced(bySeconds: 20)
        while taken.isEmpty {
            guard Clock.system.now() < end else { throw Overdue() }
            reports.take(into: &taken)
            if taken.isEmpty { poller.wait(until: end, clock: .system, into: &events) }
        }
        return taken
    }

    /// Waits for a commit.
    func waitForCommit(of number: UInt64) throws {
        while true {
            for case .committed(let done) in try next() where done >= number { return }
        }
    }
}

extension WriteBatch {
    /// Rows under numbers.
    static func rows(_ numbers: some Sequence<UInt64>, in table: Table, bytes: Int = 10) -> WriteBatch {
        var batch = WriteBatch()
        for number in numbers { batch.put([UInt8](repeating: UInt8(number % 251), count: bytes), at: number, in: table) }
        return batch
    }
}
