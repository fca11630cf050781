/// What a store holds, written into it when it is made: a file of another kind or of a newer version is never opened as this one.
public struct StoreFormat: Sendable {
    /// The kind of store, as a person would call it: "Martlet outbox".
    public let name: String
    /// Raised whenever keys or values change their form.
    public let version: UInt32
    /// The names of its tables; `Table` is the place in here. A later version may have more of them, behind those of the earlier ones.
    public let tables: [String]
    /// What leads from earlier versions to this one, a step each: the last is that from the version before.
    public let migrations: [StoreMigration]

    public init(name: String, version: UInt32, tables: [String], migrations: [StoreMigration] = []) {
        precondition(tables.count <= 256, "a change names its table in one byte")
        precondition(migrations.count < max(1, version), "versions begin with 1")
        self.name = name
        self.version = version
        self.tables = tables
        self.migrations = migrations
    }

    /// The key of the record, beside the tables' names.
    static let recordKey = Array("format".utf8)

    /// The version, big-endian, and the name.
    var record: [UInt8] { withUnsafeBytes(of: version.bigEndian) { Array($0) } + Array(name.utf8) }

    /// The version of a store with this record; refuses another kind, a newer version, and one from which nothing leads here.
    func version(in record: UnsafeRawBufferPointer, path: String) throws(StorageError) -> UInt32 {
        let found = String(decoding: record.dropFirst(4), as: UTF8.self)
        guard record.count > 4, found == name else { throw .foreign(path: path, expected: name) }
        let version = UInt32(bigEndian: record.loadUnaligned(as: UInt32.self))
        guard version <= self.version else { throw .newerFormat(path: path, found: version, known: self.version) }
        guard Int(version) + migrations.count >= Int(self.version) else {
            throw .corrupt(path: path, reason: "its format, version \(version), is none that this program knows")
        }
        return version
    }

    /// The steps from an earlier version to this one.
    func steps(from version: UInt32) -> ArraySlice<StoreMigration> { migrations.suffix(Int(self.version - version)) }
}
