import CLMDB
import Glibc

/// An open LMDB file that is ours alone: locked, of the right format, whole.
struct LMDBEnvironment: ~Copyable {
    let path: String
    let handle: OpaquePointer
    /// LMDB's names of the tables, in the order of the format.
    let tables: [MDB_dbi]
    /// nil: whoever opened it has the lock of the place where the file is to be.
    private let lock: StoreLock?
    /// When the file was in use before, as far as `noteUse` told.
    let lastUse: Int64?

    /// Address space, not memory: it is never changed, for LMDB 0.9.24 may end a process that reads while it grows.
    static let mapBytes = 1 << 40

    /// Opens the file, or makes it when there is none.
    init(
        path: String, format: StoreFormat, isLocked: Bool = true,
        damaged: (StorageError) throws(StorageError) -> Void = { error throws(StorageError) in throw error }
    ) throws(StorageError) {
        var lastUse: Int64?
        var lock: StoreLock?
        if isLocked {
            let taken = try StoreLock(of: path)
            lastUse = taken.lastUse
            lock = consume taken
        }
        let opened: (handle: OpaquePointer, tables: [MDB_dbi])
        do throws(StorageError) {
            opened = try Self.openWhole(path, format)
        } catch {
            guard error.isDamage else { throw error }
            try damaged(error)
            opened = try Self.openWhole(path, format)
        }
        self.path = path
        (handle, tables) = opened
        self.lock = lock
        self.lastUse = lastUse
    }

    deinit { mdb_env_close(handle) }

    borrowing func noteUse() {
        switch lock {
        case .some(let lock): lock.touch()
        case .none: break
        }
    }

    /// Lets the file grow ahead of what is written: a commit that makes it longer waits for the disk twice as long as one
    /// that fills what is there. Where there is no room, the commit finds out.
    borrowing func makeRoom() {
        var information = MDB_envinfo()
        var descriptor: Int32 = -1
        var file = stat()
        guard mdb_env_info(handle, &information) == 0, mdb_env_get_fd(handle, &descriptor) == 0, fstat(descriptor, &file) == 0 else {
            return
        }
        let used = (Int(information.me_last_pgno) + 1) * Self.pageBytes
        guard used + Self.spareBytes > file.st_size else { return }
        let zeros = [UInt8](repeating: 0, count: 2 * Self.spareBytes)
        _ = pwrite(descriptor, zeros, zeros.count, file.st_size)
    }

    private static let pageBytes = 4_096
    private static let spareBytes = 524_288

    borrowing func begin(isReading: Bool) throws(StorageError) -> LMDBTransaction {
        try LMDBTransaction(handle, path, isReading: isReading)
    }

    /// Writes everything that is in it into a new file, page behind page, without those that are free.
    borrowing func copy(to new: String) throws(StorageError) {
        try Self.check(mdb_env_copy2(handle, new, UInt32(MDB_CP_COMPACT)), "mdb_env_copy2", new)
    }

    /// LMDB calls it an error of the disk when a write was cut short because there is no more room.
    borrowing func meaning(of error: StorageError) -> StorageError {
        guard case .system(_, EIO, _) = error, !Self.hasRoom(path) else { return error }
        return .diskFull(path: path)
    }

    /// Whether the file may grow by a mebibyte.
    private static func hasRoom(_ path: String) -> Bool {
        var system = statvfs()
        guard statvfs(path, &system) != 0 || system.f_bavail * system.f_frsize >= 1 << 20 else { return false }
        var limit = rlimit()
        var file = stat()
        guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0, stat(path, &file) == 0 else { return true }
        return limit.rlim_cur > .max - (1 << 20) || limit.rlim_cur >= UInt64(file.st_size) + 1 << 20
    }

    /// The file appears under its name when it is complete, so that no moment of a crash leaves half of one.
    private static func create(_ path: String, _ format: StoreFormat) throws(StorageError) {
        let unfinished = path + ".new"
        unlink(unfinished)
        let handle = try open(unfinished, format)
        do throws(StorageError) {
            try write(handle, unfinished, format)
        } catch {
            mdb_env_close(handle)
            unlink(unfinished)
            throw error
        }
        mdb_env_close(handle)
        try FileReplacement.put(unfinished, at: path)
    }

    private static func openWhole(
        _ path: String, _ format: StoreFormat
    ) throws(StorageError) -> (handle: OpaquePointer, tables: [MDB_dbi]) {
        switch try MappedFile.length(of: path) {
        case nil: try create(path, format)
        case 0?: throw .corrupt(path: path, reason: "it is empty")
        case let length?: try LMDBCheck.run(path, length: length, expected: format.name)
        }
        let handle = try open(path, format)
        do throws(StorageError) {
            return (handle, try tables(handle, path, format))
        } catch {
            mdb_env_close(handle)
            throw error
        }
    }

    private static func open(_ path: String, _ format: StoreFormat) throws(StorageError) -> OpaquePointer {
        var created: OpaquePointer?
        try check(mdb_env_create(&created), "mdb_env_create", path)
        guard let handle = created else { throw .system(call: "mdb_env_create", code: ENOMEM, path: path) }
        do throws(StorageError) {
            try check(mdb_env_set_mapsize(handle, mapBytes), "mdb_env_set_mapsize", path)
            try check(mdb_env_set_maxdbs(handle, MDB_dbi(format.tables.count)), "mdb_env_set_maxdbs", path)
            // One process has the file and one thread the store, so LMDB's own lock between readers and writers has nothing to do.
            let flags = UInt32(MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS)
            try check(mdb_env_open(handle, path, flags, 0o600), "mdb_env_open", path)
        } catch {
            mdb_env_close(handle)
            throw error
        }
        return handle
    }

    private static func write(_ handle: OpaquePointer, _ path: String, _ format: StoreFormat) throws(StorageError) {
        let transaction = try LMDBTransaction(handle, path, isReading: false)
        for name in format.tables { _ = try transaction.open(name, flags: MDB_CREATE) }
        try transaction.putRecord(of: format)
        try transaction.commit()
    }

    /// Checks the record of the format and opens the tables, of an earlier version after making it one of this.
    private static func tables(_ handle: OpaquePointer, _ path: String, _ format: StoreFormat) throws(StorageError) -> [MDB_dbi] {
        let version = try Self.version(handle, path, format)
        guard version == format.version else { return try migrate(handle, path, format, from: version) }
        let transaction = try LMDBTransaction(handle, path, isReading: true)
        var tables: [MDB_dbi] = []
        for name in format.tables { tables.append(try transaction.open(name)) }
        try transaction.commit()
        return tables
    }

    private static func version(_ handle: OpaquePointer, _ path: String, _ format: StoreFormat) throws(StorageError) -> UInt32 {
        let transaction = try LMDBTransaction(handle, path, isReading: true)
        let main = try transaction.open(nil)
        let version = try StoreFormat.recordKey.withBytes { key throws(StorageError) in
            try transaction.get(key, in: main) { value throws(StorageError) in try format.version(in: value, path: path) }
        }
        guard let version else { throw .foreign(path: path, expected: format.name) }
        return version
    }

    /// In one transaction: a crash leaves the version it was, whole, or the new one.
    private static func migrate(
        _ handle: OpaquePointer, _ path: String, _ format: StoreFormat, from version: UInt32
    ) throws(StorageError) -> [MDB_dbi] {
        let snapshot = try StoreSnapshot(LMDBTransaction(handle, path, isReading: false), format)
        let tables = snapshot.tables
        try snapshot.take(format.steps(from: version))
        try snapshot.putRecord(of: format)
        try snapshot.commit()
        return tables
    }

    private static func check(_ code: Int32, _ call: String, _ path: String) throws(StorageError) {
        guard code == 0 else { throw StorageError(call: call, code: code, path: path) }
    }
}
