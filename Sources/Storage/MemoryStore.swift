import Primitives

/// A store that ends with the process: the twin of `LMDBStore`, for tests and whoever needs no disk.
///
/// It differs in what its bytes are: those of keys and values, where LMDB counts pages.
public struct MemoryStore: KeyValueStore, ~Copyable {
    private typealias Row = (key: [UInt8], value: [UInt8])

    /// The rows of each table, ascending by key.
    private var tables: [[Row]]
    private let maximumBytes: Int

    /// What an error calls it.
    static let path = "the store in memory"

    public init(format: StoreFormat, maximumBytes: Int) {
        tables = Array(repeating: [], count: format.tables.count)
        self.maximumBytes = maximumBytes
    }

    /// Calls `body` with the value under `key`; nil: there is none.
    public borrowing func get<Result>(
        _ key: UnsafeRawBufferPointer, in table: Table, _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Result
    ) throws(StorageError) -> Result? {
        let place = place(of: key, in: table)
        guard hasKey(key, at: place, in: table) else { return nil }
        return try tables[table.place][place].value.withBytes(body)
    }

    /// Calls `body` with each key from `key` on (empty: from the first) and its value, ascending, while it returns true.
    public borrowing func scan(
        _ table: Table, from key: UnsafeRawBufferPointer,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StorageError) -> Bool
    ) throws(StorageError) {
        for row in tables[table.place][place(of: key, in: table)...] {
            let goesOn = try row.key.withBytes { key throws(StorageError) in
                try row.value.withBytes { value throws(StorageError) in try body(key, value) }
            }
            guard goesOn else { return }
        }
    }

    /// Applies all batches in their order: all of them, or with an error none.
    public mutating func apply(_ batches: ArraySlice<WriteBatch>) throws(StorageError) {
        let before = tables
        let bytesBefore = usedBytes
        for batch in batches {
            try batch.forEach { change throws(StorageError) in
                switch change {
                case .put(let table, let key, let value): put(Array(value), at: key, in: table)
                case .delete(let table, let key):
                    let place = place(of: key, in: table)
                    if hasKey(key, at: place, in: table) { tables[table.place].remove(at: place) }
                case .deleteAll(let table): tables[table.place] = []
                case .deletePrefix(let table, let prefix):
                    let start = place(of: prefix, in: table)
                    let end = tables[table.place][start...].firstIndex { !$0.key.starts(with: prefix) } ?? tables[table.place].count
                    tables[table.place].removeSubrange(start..<end)
                }
            }
        }
        guard usedBytes <= maximumBytes || usedBytes <= bytesBefore || batches.allSatisfy(\.isNecessary) else {
            tables = before
            throw .full(path: Self.path, maximumBytes: maximumBytes)
        }
    }

    /// The bytes of all keys and values.
    public var usedBytes: Int {
        tables.reduce(0) { sum, rows in rows.reduce(sum) { $0 + $1.key.count + $1.value.count } }
    }

    private mutating func put(_ value: [UInt8], at key: UnsafeRawBufferPointer, in table: Table) {
        let place = place(of: key, in: table)
        if hasKey(key, at: place, in: table) {
            tables[table.place][place].value = value
        } else {
            tables[table.place].insert((Array(key), value), at: place)
        }
    }

    /// Where the key stands or would stand.
    private borrowing func place(of key: UnsafeRawBufferPointer, in table: Table) -> Int {
        var range = 0..<tables[table.place].count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let isBefore = tables[table.place][middle].key.lexicographicallyPrecedes(key)
            range = isBefore ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    private borrowing func hasKey(_ key: UnsafeRawBufferPointer, at place: Int, in table: Table) -> Bool {
        place < tables[table.place].count && tables[table.place][place].key.elementsEqual(key)
    }
}
