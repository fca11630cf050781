import BrokerRecords
import Glibc
import Storage

/// A broker's data directory, looked at while no broker runs on it.
struct StoreDirectory {
    let path: String

    static let format = StoreFormat(name: BrokerTable.formatName, version: BrokerTable.formatVersion, tables: BrokerTable.names)

    init(_ path: String) {
        let trimmed = path.reversed().drop { $0 == "/" }.reversed()
        self.path = trimmed.isEmpty ? "/" : String(trimmed)
    }

    /// The store in it.
    var file: String { path == "/" ? "/store.lmdb" : path + "/store.lmdb" }

    /// Whether there is a store; throws when there is not even a directory.
    var hasStore: Bool {
        get throws(Failure) {
            guard let status = Self.status(path) else { throw Failure(.failed, "\(path): \(String(cString: strerror(errno)))") }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw Failure(.failed, "\(path): expected the directory in which a broker keeps its store, found a file")
            }
            return Self.status(file) != nil
        }
    }

    /// Opens the store; nobody else may have it.
    func open() throws(StorageError) -> LMDBStore { try LMDBStore(path: file, format: Self.format, maximumBytes: .max) }

    /// Opens the store, with words for people if it cannot be.
    func openForWork() throws(Failure) -> LMDBStore {
        do throws(StorageError) { return try open() } catch { throw Failure(error) }
    }

    /// Throws when there is no store to look at: to open one would make it.
    func requireStore() throws(Failure) {
        guard try hasStore else { throw Failure(.failed, "\(path): there is no store in it (no file store.lmdb)") }
    }

    /// Bytes of the file.
    var fileBytes: Int { Self.status(file).map { Int($0.st_size) } ?? 0 }

    /// The bytes of a file; nil: there is none.
    static func bytes(of path: String) -> Int? { status(path).map { Int($0.st_size) } }

    /// Makes the directory if there is none.
    func make() throws(Failure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure(.failed, "\(path): \(String(cString: strerror(errno)))") }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}

extension Failure {
    init(_ error: StorageError) {
        self.init(.failed, Self.words(of: error))
    }

    private static func words(of error: StorageError) -> String {
        switch error {
        case .corrupt(let path, let reason):
            "\(path) is damaged (\(reason)); --repair saves what can still be read and keeps the damaged file, or restore a backup"
        case .foreign(let path, let expected):
            "\(path) is no \(expected), or its head is damaged; --repair saves what can still be read, if it is one"
        case .busy(let path, let holder):
            "\(path) is in use by \(holder ?? "another process"); stop the broker first: a store is looked at while nobody writes to it"
        default: "\(error)"
        }
    }
}
