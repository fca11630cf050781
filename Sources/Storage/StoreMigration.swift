import CLMDB
import Primitives

/// What has to change in a store of one version so that it is one of the next: it reads, and answers with the changes.
///
/// They are applied together with the number of the new version, in one transaction with all other steps of the way.
public typealias StoreMigration = @Sendable (borrowing StoreSnapshot) throws(StorageError) -> WriteBatch

/// A store in the middle of a migration: as the steps before have left it.
public struct StoreSnapshot: ~Copyable {
    private let transaction: LMDBTransaction
    let tables: [MDB_dbi]

    /// Everything in it happens in the transaction, which it owns; tables that are not there yet are made.
    init(_ transaction: consuming LMDBTransaction, _ format: StoreFormat) throws(StorageError) {
        var tables: [MDB_dbi] = []
        for name in format.tables { tables.append(try transaction.open(name, flags: MDB_CREATE)) }
        self.tables = tables
        self.transaction = transaction
    }

    /// Calls `body` with the value under `key`; nil: there is none.
    public borrowing func get<Result>(
        _ key: UnsafeRawBufferPointer, in table: Table, _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result
    ) throws(StorageError) -> Result? {
        try transaction.get(key, in: tables[table.place], body)
    }

    /// Calls `body` with each key from `key` on (empty: from the first) and its value, ascending, while it returns true.
    public borrowing func scan(
        _ table: Table, from key: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StorageError) -> Bool
    ) throws(StorageError) {
        try transaction.scan(tables[table.place], from: key, body)
    }

    /// Takes all steps.
    borrowing func take(_ steps: ArraySlice<StoreMigration>) throws(StorageError) {
        for step in steps { try transaction.apply([try step(self)], to: tables) }
    }

    /// Writes what the store is from now on.
    borrowing func putRecord(of format: StoreFormat) throws(StorageError) { try transaction.putRecord(of: format) }

    /// Makes it durable.
    consuming func commit() throws(StorageError) { try transaction.commit() }
}
