import MQTTClient
import Primitives
import Storage
import Transport

/// An outbox in one file, so that what a client has accepted is sent although its process ends in whatever way and starts again.
///
///     configuration.outboxStore = DiskOutbox(path: "/var/lib/sensor/outbox")
///
/// Every change is on the disk before its answer comes; changes that wait for the disk share one wait. One process at a time has the file, whose
/// lock stands beside it with the ending `.lock`. The file does not shrink by itself: what was sent is room for what comes.
public final class DiskOutbox: OutboxStore {
    private typealias Records = OutboxRecords<LMDBStore>
    private typealias RecordsThread = StorageThread<Records, [OutboxChange]>

    private let path: String
    private let maximumBytes: Int
    /// nil: not open.
    private let thread = Locked<RecordsThread?>(nil)

    /// - Parameters:
    ///   - path: the file; it is made when there is none, its directory must exist
    ///   - maximumBytes: what the file may hold, in bytes. It holds pages, in which a small message takes some thirty bytes beside its own and
    ///     a large one up to twice its own, so let it be twice `OutboxLimits.bytes` or more. A message beyond it is refused; those in it can
    ///     still be sent.
    public init(path: String, maximumBytes: Int = 268_435_456) {
        self.path = path
        self.maximumBytes = maximumBytes
    }

    /// Opens the file, or makes it.
    ///
    /// - Throws: an error whose `reason` names the file and says what to do: another process has it, it is no outbox, is damaged or of a newer
    ///   version (and then left as it is), or the system does not let it be opened
    public func open() throws(OutboxStoreError) -> StoredOutbox {
        let (path, maximumBytes, found) = (path, maximumBytes, Found())
        do throws(StorageError) {
            let opened = try RecordsThread(
                name: "outbox",
                open: { () throws(StorageError) in
                    let store = try LMDBStore(path: path, format: OutboxTable.format, maximumBytes: maximumBytes)
                    let records = try Records(store, path: path)
                    let stored = try records.stored()
                    found.outbox.withLock { $0 = stored }
                    return records
                },
                commit: { records, group throws(StorageError) in try records.commit(group) })
            thread.withLock { $0 = opened }
        } catch {
            throw OutboxStoreError(error)
        }
        return found.outbox.withLock { $0 }
    }

    /// Answers when the changes are on the disk, all of them; with an error none is. A message for which there is no room is such an error.
    public func commit(_ changes: [OutboxChange], whenDone: @escaping @Sendable (Result<Void, OutboxStoreError>) -> Void) {
        guard let thread = thread.withLock({ $0 }) else { return whenDone(.failure(OutboxStoreError(.closed))) }
        thread.commit(changes) { whenDone($0.mapError(OutboxStoreError.init)) }
    }

    /// Reads the queue from the file: messages without exchange above `sequence`, ascending, until `bytes` are read; at least one if there is one.
    public func load(
        after sequence: UInt64, bytes: Int, whenDone: @escaping @Sendable (Result<[StoredMessage], OutboxStoreError>) -> Void
    ) {
        let isAsked = thread.withLock { $0 }?.read { records in
            let result: Result<[StoredMessage], OutboxStoreError>
            do throws(StorageError) {
                result = .success(try records.messages(after: sequence, bytes: bytes))
            } catch {
                result = .failure(OutboxStoreError(error))
            }
            whenDone(result)
        }
        if isAsked != true { whenDone(.failure(OutboxStoreError(.closed))) }
    }

    /// Returns when everything asked for is answered and the file let go of. Not to be called from an answer.
    public func close() {
        guard let opened = thread.withLock({ $0 }) else { return }
        opened.close()
        // Whoever closed it at the same time has waited, too, and it may be open again.
        thread.withLock { if $0 === opened { $0 = nil } }
    }
}

/// What the storage thread found when it opened the file.
private final class Found: Sendable {
    let outbox = Locked(StoredOutbox())
}

extension OutboxStoreError {
    init(_ error: StorageError) { self.init(reason: error.description) }
}
