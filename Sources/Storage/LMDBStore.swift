import CLMDB
import Primitives

/// A store in one file of LMDB: each `apply` is on the disk when it returns, and a crash at any moment leaves the last one complete.
///
/// One process at a time has it; beside the file stands its lock, under the same name and `.lock`. The file does not shrink by itself: what
/// was deleted is room for what comes, until somebody calls `compact`.
public struct LMDBStore: KeyValueStore, ~Copyable {
    let environment: LMDBEnvironment
    private let maximumBytes: Int

    /// Opens a store, or makes one when the file does not exist; its directory must.
    ///
    /// - Parameters:
    ///   - format: what it has to hold; a file of another kind or of a newer version is refused and left as it is, one of an earlier
    ///     version is made one of this
    ///   - maximumBytes: pages in use, in bytes, at most; the file grows a little beyond, for changed pages are copied
    ///   - damaged: called when what is there is damaged, while nobody else can have it: it throws, or moves the file away for a new one
    public init(
        path: String, format: StoreFormat, maximumBytes: Int,
        damaged: (StorageError) throws(StorageError) -> Void = { error throws(StorageError) in throw error }
    ) throws(StorageError) {
        environment = try LMDBEnvironment(path: path, format: format, damaged: damaged)
        self.maximumBytes = maximumBytes
    }

    /// When it was in use before it was opened, in nanoseconds since 1970, as far as `noteUse` told; nil: never.
    public var lastUse: Int64? { environment.lastUse }

    /// Leaves behind that it is in use now.
    public borrowing func noteUse() { environment.noteUse() }

    /// Calls `body` with each of these numbers that there is, and its value, in their order; much quicker than one by one
    /// where they follow one another.
    public borrowing func get(
        _ numbers: [UInt64], in table: Table, _ body: (UInt64, UnsafeRawBufferPointer) -> Void
    ) throws(StorageError) {
        try environment.begin(isReading: true).get(numbers, in: environment.tables[table.place], body)
    }

    /// A file that is to take the place of another one, whose lock somebody has.
    init(unlocked path: String, format: StoreFormat) throws(StorageError) {
        environment = try LMDBEnvironment(path: path, format: format, isLocked: false)
        maximumBytes = .max
    }

    /// Calls `body` with the value under `key`; nil: there is none.
    public borrowing func get<Result>(
        _ key: UnsafeRawBufferPointer, in table: Table, _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result
    ) throws(StorageError) -> Result? {
        try environment.begin(isReading: true).get(key, in: environment.tables[table.place], body)
    }

    /// Calls `body` with each key from `key` on (empty: from the first) and its value, ascending, while it returns true.
    public borrowing func scan(
        _ table: Table, from key: UnsafeRawBufferPointer,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StorageError) -> Bool
    ) throws(StorageError) {
        try environment.begin(isReading: true).scan(environment.tables[table.place], from: key, body)
    }

    /// Writes all batches and waits until they are on the disk, as one transaction: all of them, or with an error none.
    public mutating func apply(_ batches: ArraySlice<WriteBatch>) throws(StorageError) {
        environment.makeRoom()
        do throws(StorageError) {
            let transaction = try environment.begin(isReading: false)
            let before = maximumBytes == .max ? 0 : try transaction.usedBytes(of: environment.tables)
            try transaction.apply(batches, to: environment.tables)
            let after = maximumBytes == .max ? 0 : try transaction.usedBytes(of: environment.tables)
            guard after <= maximumBytes || after <= before || batches.allSatisfy(\.isNecessary) else {
                throw StorageError.full(path: environment.path, maximumBytes: maximumBytes)
            }
            try transaction.commit()
        } catch {
            throw environment.meaning(of: error)
        }
    }

    /// The bytes of all pages in which something is.
    public var usedBytes: Int {
        borrowing get throws(StorageError) { try environment.begin(isReading: true).usedBytes(of: environment.tables) }
    }
}
