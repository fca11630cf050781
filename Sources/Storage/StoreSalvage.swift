import Primitives

/// What became of the rows of a damaged file.
public struct StoreSalvage: Hashable, Sendable {
    public var rows = 0
    /// Rows the file had and that could not be reached.
    public var lostRows = 0
    /// Pages that are not what they should be.
    public var lostPages: [UInt64] = []
    /// Everything is there but what the last transaction did.
    public var isWithoutLastTransaction = false
}

extension StoreReplacement {
    /// Writes into the new file the rows that can still be read in the one at the path.
    ///
    /// The trees are walked as of the last transaction; if they are damaged, as of the one before, should that one be whole; otherwise what is
    /// damaged is passed over. Values are taken as they are: whether they still make sense is for the reader to say.
    ///
    /// - Throws: `foreign` or `newerFormat` when it is another store; `corrupt` when not even the tables can be found
    public mutating func salvage() throws(StorageError) -> StoreSalvage {
        guard let length = try MappedFile.length(of: path), length > 0 else { throw .corrupt(path: path, reason: "it is empty") }
        let file = try MappedFile(path, length: length)
        let heads = LMDBHead.readable(file.bytes)
        guard let last = heads.first else { throw .foreign(path: path, expected: format.name) }
        for head in heads {
            var check = LMDBCheck(file.bytes, path, pageBytes: head.pageBytes)
            guard let trees = try? check.walkTables(head) else { continue }
            var result = try write(trees)
            result.isWithoutLastTransaction = head.transaction < last.transaction
            return result
        }
        var check = LMDBCheck(file.bytes, path, pageBytes: last.pageBytes, isLenient: true)
        let trees = try check.walkTables(last)
        var result = try write(trees)
        result.lostPages = check.damaged.sorted()
        return result
    }

    /// Bytes written in one transaction.
    private static let batchBytes = 8 << 20

    private mutating func write(_ trees: LMDBCheck.Trees) throws(StorageError) -> StoreSalvage {
        guard let record = trees.main.first(where: { $0.key.elementsEqual(StoreFormat.recordKey) }) else {
            throw .corrupt(path: path, reason: "what it holds cannot be found in it any more")
        }
        try format.check(record.value, path: path)
        var result = StoreSalvage()
        var batch = WriteBatch(isNecessary: true)
        for (place, name) in format.tables.enumerated() {
            guard let table = trees.tables.first(where: { $0.name.elementsEqual(name.utf8) }) else { continue }
            result.lostRows += max(0, Int(clamping: table.tree.entries) - table.entries.count)
            for entry in table.entries where !entry.key.isEmpty && entry.key.count <= WriteBatch.maximumKeyBytes {
                batch.put(entry.value, at: entry.key, in: Table(place))
                result.rows += 1
                guard batch.byteCount > Self.batchBytes else { continue }
                try apply(batch)
                batch = WriteBatch(isNecessary: true)
            }
        }
        try apply(batch)
        return result
    }
}
