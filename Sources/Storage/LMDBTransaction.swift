import CLMDB
import Glibc
import Primitives

/// A transaction of LMDB; what is not committed when it goes is undone.
struct LMDBTransaction: ~Copyable {
    /// nil: committed.
    private var handle: OpaquePointer?
    private let path: String

    init(_ environment: OpaquePointer, _ path: String, isReading: Bool) throws(StorageError) {
        var begun: OpaquePointer?
        let code = mdb_txn_begin(environment, nil, isReading ? UInt32(MDB_RDONLY) : 0, &begun)
        guard code == 0, let begun else { throw StorageError(call: "mdb_txn_begin", code: code, path: path) }
        handle = begun
        self.path = path
    }

    deinit {
        if let handle { mdb_txn_abort(handle) }
    }

    /// Makes it durable. Tables that were opened in it stay open.
    consuming func commit() throws(StorageError) {
        let code = mdb_txn_commit(handle)
        // Freed by LMDB, also when it failed.
        handle = nil
        try check(code, "mdb_txn_commit")
    }

    /// The table of this name; nil: the one that names the others.
    borrowing func open(_ name: String?, flags: Int32 = 0) throws(StorageError) -> MDB_dbi {
        var table = MDB_dbi()
        let code = mdb_dbi_open(handle, name, UInt32(flags), &table)
        if code == MDB_NOTFOUND { throw .corrupt(path: path, reason: "its table \(name ?? "of tables") is missing") }
        try check(code, "mdb_dbi_open")
        return table
    }

    borrowing func get<Result>(
        _ key: UnsafeRawBufferPointer, in table: MDB_dbi, _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result
    ) throws(StorageError) -> Result? {
        var key = MDB_val(key)
        var value = MDB_val()
        let code = mdb_get(handle, table, &key, &value)
        if code == MDB_NOTFOUND { return nil }
        try check(code, "mdb_get")
        return try body(value.bytes)
    }

    /// Each of these numbers that is there, in their order. The next one is mostly the next key.
    borrowing func get(
        _ numbers: [UInt64], in table: MDB_dbi, _ body: (UInt64, UnsafeRawBufferPointer) -> Void
    ) throws(StorageError) {
        var opened: OpaquePointer?
        try check(mdb_cursor_open(handle, table, &opened), "mdb_cursor_open")
        guard let cursor = opened else { return }
        defer { mdb_cursor_close(cursor) }
        var isPlaced = false
        for number in numbers {
            var wanted = number.bigEndian
            try withUnsafeMutableBytes(of: &wanted) { wanted throws(StorageError) in
                var key = MDB_val()
                var value = MDB_val()
                if isPlaced, mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0, key.bytes.elementsEqual(wanted) {
                    return body(number, value.bytes)
                }
                key = MDB_val(UnsafeRawBufferPointer(wanted))
                let code = mdb_cursor_get(cursor, &key, &value, MDB_SET_KEY)
                isPlaced = code == 0
                if code == MDB_NOTFOUND { return }
                try check(code, "mdb_cursor_get")
                body(number, value.bytes)
            }
        }
    }

    /// Each key from `key` on (empty: from the first), ascending, while `body` returns true.
    borrowing func scan(
        _ table: MDB_dbi, from key: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StorageError) -> Bool
    ) throws(StorageError) {
        var opened: OpaquePointer?
        try check(mdb_cursor_open(handle, table, &opened), "mdb_cursor_open")
        guard let cursor = opened else { return }
        defer { mdb_cursor_close(cursor) }
        var found = MDB_val(key)
        var value = MDB_val()
        var code = mdb_cursor_get(cursor, &found, &value, key.isEmpty ? MDB_FIRST : MDB_SET_RANGE)
        while code == 0, try body(found.bytes, value.bytes) {
            code = mdb_cursor_get(cursor, &found, &value, MDB_NEXT)
        }
        if code != MDB_NOTFOUND { try check(code, "mdb_cursor_get") }
    }

    /// false: the key is not above all others, and `isAppending` wanted it to be.
    @discardableResult borrowing func put(
        _ value: UnsafeRawBufferPointer, at key: UnsafeRawBufferPointer, in table: MDB_dbi, isAppending: Bool = false
    ) throws(StorageError) -> Bool {
        var key = MDB_val(key)
        var value = MDB_val(value)
        let code = mdb_put(handle, table, &key, &value, isAppending ? UInt32(MDB_APPEND) : 0)
        if code == MDB_KEYEXIST { return false }
        try check(code, "mdb_put")
        return true
    }

    /// All batches in their order.
    borrowing func apply(_ batches: ArraySlice<WriteBatch>, to tables: [MDB_dbi]) throws(StorageError) {
        // Numbers mostly ascend. Appended, they fill their pages, where a plain put leaves each half empty.
        var ascends = [Bool](repeating: true, count: tables.count)
        for batch in batches {
            try batch.forEach { change throws(StorageError) in
                switch change {
                case .put(let table, let key, let value):
                    let isAppending = ascends[table.place] && key.count == 8
                    if try !put(value, at: key, in: tables[table.place], isAppending: isAppending) {
                        ascends[table.place] = false
                        try put(value, at: key, in: tables[table.place])
                    }
                case .delete(let table, let key): try delete(key, in: tables[table.place])
                case .deleteAll(let table): try deleteAll(in: tables[table.place])
                case .deletePrefix(let table, let prefix): try deletePrefix(prefix, in: tables[table.place])
                }
            }
        }
    }

    /// Writes down what the store is.
    borrowing func putRecord(of format: StoreFormat) throws(StorageError) {
        let main = try open(nil)
        try format.record.withBytes { record throws(StorageError) in
            _ = try StoreFormat.recordKey.withBytes { key throws(StorageError) in try put(record, at: key, in: main) }
        }
    }

    borrowing func delete(_ key: UnsafeRawBufferPointer, in table: MDB_dbi) throws(StorageError) {
        var key = MDB_val(key)
        let code = mdb_del(handle, table, &key, nil)
        if code != MDB_NOTFOUND { try check(code, "mdb_del") }
    }

    borrowing func deletePrefix(_ prefix: UnsafeRawBufferPointer, in table: MDB_dbi) throws(StorageError) {
        var opened: OpaquePointer?
        try check(mdb_cursor_open(handle, table, &opened), "mdb_cursor_open")
        guard let cursor = opened else { return }
        defer { mdb_cursor_close(cursor) }
        var found = MDB_val(prefix)
        var value = MDB_val()
        var code = mdb_cursor_get(cursor, &found, &value, MDB_SET_RANGE)
        while code == 0, found.bytes.starts(with: prefix) {
            try check(mdb_cursor_del(cursor, 0), "mdb_cursor_del")
            // The cursor stands at the next one already.
            code = mdb_cursor_get(cursor, &found, &value, MDB_GET_CURRENT)
            if code == MDB_NOTFOUND || code == EINVAL { return }
        }
        if code != MDB_NOTFOUND { try check(code, "mdb_cursor_get") }
    }

    borrowing func deleteAll(in table: MDB_dbi) throws(StorageError) {
        try check(mdb_drop(handle, table, 0), "mdb_drop")
    }

    /// The bytes of all pages that hold something of these tables, of the tables' names and of the list of free pages.
    borrowing func usedBytes(of tables: [MDB_dbi]) throws(StorageError) -> Int {
        // LMDB's own two tables have the first two numbers; two pages more are the file's head.
        var bytes = 0
        for table in [0, 1] + tables {
            var statistics = MDB_stat()
            try check(mdb_stat(handle, table, &statistics), "mdb_stat")
            let pages = statistics.ms_branch_pages + statistics.ms_leaf_pages + statistics.ms_overflow_pages
            bytes += (pages + (table == 0 ? 2 : 0)) * Int(statistics.ms_psize)
        }
        return bytes
    }

    private borrowing func check(_ code: Int32, _ call: String) throws(StorageError) {
        guard code == 0 else { throw StorageError(call: call, code: code, path: path) }
    }
}

extension MDB_val {
    /// LMDB only reads what is behind it.
    fileprivate init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }

    fileprivate var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: mv_data, count: mv_size) }
}
