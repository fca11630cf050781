import BrokerCore
import BrokerRecords
import Glibc
import Primitives
import Storage
import Synchronization
import Transport

/// The broker's store and its thread: what all shards ask for in a moment becomes one transaction.
final class BrokerStore: Sendable {
    let keeping: Keeping
    /// How clients were placed on shards in the last run; nil: the store is new.
    let placement: PlacementRecord?
    /// When that run was last alive, in nanoseconds since 1970.
    let aliveAt: Int64

    private let thread: StorageThread<LMDBStore, WriteBatch>
    private let writing: StoreWriting
    private let log: LogWriter

    /// Opens the store in the directory, or makes both.
    init(_ configuration: PersistenceConfiguration, in directory: String, clock: Clock, log: LogWriter) throws(StorageError) {
        keeping = Keeping(
            durability: configuration.durability, wallOffset: clock.wallNanoseconds() - clock.now().nanoseconds)
        let path = try Self.path(in: directory)
        let found = FirstLook()
        let writing = StoreWriting(log: log)
        thread = try StorageThread(
            name: "storage",
            rhythm: StorageRhythm(
                commitMilliseconds: configuration.durability == .relaxed ? configuration.commitMilliseconds : 0, beatMilliseconds: 1_000),
            open: { () throws(StorageError) in
                let store = try Self.open(path, configuration.damagedStore, clock: clock, log)
                found.look(at: store)
                let used = try store.usedBytes
                log.notice(.storeOpened, [.text("path", path), .number("bytes_used", used)])
                return store
            },
            commit: { store, batches throws(StorageError) in try writing.apply(batches, to: &store) },
            beat: { $0.noteUse() })
        placement = found.placement
        // It says so once a second: no session ends earlier than it may.
        let now = clock.wallNanoseconds()
        aliveAt = min(now, (found.lastUse ?? now) + 1_000_000_000)
        self.writing = writing
        self.log = log
    }

    /// Its directory is free for whoever comes next, also when a start has failed after it was opened.
    deinit { close() }

    /// Makes a batch of a shard durable after everything given before.
    func commit(_ batch: WriteBatch, number: UInt64, for reports: ShardReports) {
        thread.commit(batch) { result in
            // What failed is tried again until the end of the broker; there is nobody to tell then.
            if case .success = result { reports.committed(number) }
        }
    }

    /// Makes the changes of a recovery durable; they are when it is done, or the broker is to end.
    func commit(_ batch: WriteBatch, whenDone: @escaping @Sendable () -> Void) { thread.commit(batch) { _ in whenDone() } }

    func load(_ request: LoadRequest, for reports: ShardReports) {
        _ = thread.read { [log] store in
            do throws(StorageError) {
                reports.loaded(try Self.read(request, from: store))
            } catch {
                // It stays where it is; when the client comes the next time, it is asked for again.
                log.error(.storeUnreadable, [.text("table", "messages"), .reason("\(error)")])
            }
        }
    }

    /// Tells every row to every shard, on the storage thread; they are to take it on theirs.
    func tell(_ feeds: [RecoveryFeed], _ log: LogWriter) {
        _ = thread.read { store in
            let isComplete = RecoveryReading(feeds: feeds).readAll(store, log)
            for feed in feeds { feed.end(isComplete: isComplete) }
        }
    }

    /// The broker ends: what the disk does not take now is not tried again.
    func giveUp() { writing.giveUp() }

    /// Returns when everything is on disk, or cannot be.
    func close() {
        giveUp()
        thread.close()
    }

    private static func path(in directory: String) throws(StorageError) -> String {
        try DataDirectory.make(directory)
        return directory + "/store.lmdb"
    }

    private static func open(
        _ path: String, _ policy: DamagedStorePolicy, clock: Clock, _ log: LogWriter
    ) throws(StorageError) -> LMDBStore {
        let format = StoreFormat(name: BrokerTable.formatName, version: BrokerTable.formatVersion, tables: BrokerTable.names)
        return try LMDBStore(path: path, format: format, maximumBytes: .max) { error throws(StorageError) in
            guard policy == .setAside else { throw error }
            let aside = "\(path).damaged-\(clock.wallSeconds())"
            guard rename(path, aside) == 0 else { throw StorageError(system: "rename", errno: errno, path: path) }
            log.error(
                .storeSetAside,
                [
                    .reason(problem(error)), .text("kept_as", aside),
                    .text("lost", "all sessions, queued and retained messages in it; the broker starts with an empty store"),
                    .hint("name it store.lmdb in a directory of its own: `martlet doctor DIRECTORY --repair` saves what can be read"),
                ])
        }
    }

    private static func problem(_ error: StorageError) -> String {
        switch error {
        case .corrupt(_, let reason): "it is damaged: \(reason)"
        case .foreign(_, let expected): "it is no \(expected), or its head is damaged"
        default: "\(error)"
        }
    }

    /// What the messages lie like in a `LoadedMessages`.
    private static func read(_ request: LoadRequest, from store: borrowing LMDBStore) throws(StorageError) -> LoadedMessages {
        var bytes = ByteBuffer(capacity: 65_536)
        try store.get(request.records, in: BrokerTable.messages) { number, value in
            let size = (12 + value.count + 7) & ~7
            let place = bytes.extend(by: size)
            place.storeBytes(of: number, as: UInt64.self)
            place.storeBytes(of: UInt32(value.count), toByteOffset: 8, as: UInt32.self)
            if let start = value.baseAddress { (place + 12).copyMemory(from: start, byteCount: value.count) }
        }
        return LoadedMessages(answering: request, bytes: SharedBytes(copying: bytes.bytes), count: bytes.count)
    }
}

/// What is in a store when it is opened, from the thread that opens it to the one that waits for it.
private final class FirstLook: Sendable {
    private let seen = Locked<(placement: PlacementRecord?, lastUse: Int64?)>((nil, nil))

    func look(at store: borrowing LMDBStore) {
        let lastUse = store.lastUse
        let placement = try? PlacementRecord.key.withUnsafeBytes { key in
            try store.get(key, in: BrokerTable.meta) { value throws(StorageError) in PlacementRecord(value) }
        }
        seen.withLock { $0 = (placement ?? nil, lastUse) }
    }

    var placement: PlacementRecord? { seen.withLock { $0.placement } }
    var lastUse: Int64? { seen.withLock { $0.lastUse } }
}

/// Writing that does not give up: a disk that is full or gone makes everything wait that promises something, and nothing
/// is lost.
private final class StoreWriting: Sendable {
    private let log: LogWriter
    private let isEnding = Atomic(false)
    /// Something was not written. What came later stands on it and is not written either.
    private let hasGivenUp = Atomic(false)

    init(log: LogWriter) { self.log = log }

    /// The broker ends: one more try.
    func giveUp() { isEnding.store(true, ordering: .releasing) }

    func apply(_ batches: ArraySlice<WriteBatch>, to store: inout LMDBStore) throws(StorageError) {
        guard !hasGivenUp.load(ordering: .relaxed) else { throw .closed }
        var failures = 0
        while true {
            do throws(StorageError) {
                try store.apply(batches)
                if failures > 0 { log.notice(.storeWritable, [.number("failures", failures)]) }
                return
            } catch {
                let isEnding = isEnding.load(ordering: .acquiring)
                // Once a minute: the disk to make room on may be the one the log goes to.
                if failures % 60 == 0 || isEnding { say(error, failures: failures + 1, isEnding) }
                failures += 1
                if isEnding {
                    hasGivenUp.store(true, ordering: .relaxed)
                    throw error
                }
                // It is in use: sessions of clients that are connected do not begin to expire.
                store.noteUse()
                pause()
            }
        }
    }

    private func say(_ error: StorageError, failures: Int, _ isEnding: Bool) {
        let hint =
            isEnding
            ? "the broker ends without what it has not acknowledged; nothing acknowledged is lost"
            : "QoS 1 and 2 wait, QoS 0 goes on; it is tried again every second, and nothing acknowledged is lost"
        log.error(.storeWriteFailed, [.reason("\(error)"), .number("failures", failures), .hint(hint)])
    }

    /// A second, or less.
    private func pause() {
        guard let poller = try? Poller() else { return }
        var events = EventBatch()
        poller.wait(until: Clock.system.now().advanced(bySeconds: 1), clock: .system, into: &events)
    }
}
