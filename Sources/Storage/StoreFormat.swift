/// What a store holds, written into it when it is made: a file of another kind or of a newer version is never opened as this one.
public struct StoreFormat: Sendable, Hashable {
    /// The kind of store, as a person would call it: "Martlet outbox".
    public let name: String
    /// Raised whenever keys or values change their form.
    public let version: UInt32
    /// The names of its tables; `Table` is the place in here.
    public let tables: [String]

    public init(name: String, version: UInt32, tables: [String]) {
        precondition(tables.count <= 256, "a change names its table in one byte")
        self.name = name
        self.version = version
        self.tables = tables
    }

    /// The key of the record, beside the tables' names.
    static let recordKey = Array("format".utf8)

    /// The version, big-endian, and the name.
    var record: [UInt8] { withUnsafeBytes(of: version.bigEndian) { Array($0) } + Array(name.utf8) }

    /// Refuses a store with the record of another kind or of a newer version.
    func check(_ record: UnsafeRawBufferPointer, path: String) throws(StorageError) {
        let found = String(decoding: record.dropFirst(4), as: UTF8.self)
        guard record.count > 4, found == name else { throw .foreign(path: path, expected: name) }
        let version = UInt32(bigEndian: record.loadUnaligned(as: UInt32.self))
        guard version <= self.version else { throw .newerFormat(path: path, found: version, known: self.version) }
        guard version == self.version else { throw .corrupt(path: path, reason: "its format, version \(version), was never in use") }
    }
}
