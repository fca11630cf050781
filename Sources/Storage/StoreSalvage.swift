import Primitives

/// What became of the rows of a damaged file.
public struct StoreSalvage: Hashable, Sendable {
    public var rows = 0
    /// Rows the file had and that could not be reached.
    public var lostRows = 0
    /// Pages that are not what they should be.
    public var lostPages: [UInt64] = []
    /// It is the state before the last transaction, or nobody can tell.
    public var mayLackLastTransaction = false
}

extension StoreReplacement {
    /// Writes into the new file the rows that can still be read in the one at the path.
    ///
    /// The trees are walked as of the last transaction, and what is damaged is passed over; unless the one before it is still whole and less is
    /// lost with that. Values are taken as they are: whether they still make sense is for the reader to say.
    ///
    /// - Throws: `foreign` or `newerFormat` when it is another store; `corrupt` when not even the tables can be found
    public mutating func salvage() throws(StorageError) -> StoreSalvage {
        guard let length = try MappedFile.length(of: path), length > 0 else { throw .corrupt(path: path, reason: "it is empty") }
        let file = try MappedFile(path, length: length)
        let heads = LMDBHead.readable(file.bytes)
        guard let last = heads.first else { throw .foreign(path: path, expected: format.name) }
        var check = LMDBCheck(file.bytes, path, pageBytes: last.pageBytes, isLenient: true)
        let trees = try check.walkTables(last)
        var result = StoreSalvage(lostPages: check.damaged.sorted(), mayLackLastTransaction: heads.count < 2)
        if !check.damaged.isEmpty, let before = Self.whole(heads.dropFirst(), file.bytes, path),
            lost(trees) > difference(trees, before)
        {
            result = StoreSalvage(mayLackLastTransaction: true)
            try write(before, &result)
        } else {
            try write(trees, &result)
        }
        return result
    }

    /// The trees of an earlier transaction that are not damaged.
    private static func whole(_ heads: ArraySlice<LMDBHead>, _ bytes: UnsafeRawBufferPointer, _ path: String) -> LMDBCheck.Trees? {
        for head in heads {
            var check = LMDBCheck(bytes, path, pageBytes: head.pageBytes)
            if let trees = try? check.walkTables(head) { return trees }
        }
        return nil
    }

    /// Rows that should be in these trees and are not.
    private func lost(_ trees: LMDBCheck.Trees) -> Int {
        var lost = 0
        for name in format.tables {
            guard let table = trees[name] else { return .max }
            lost += table.lost
        }
        return lost
    }

    /// At least so many rows the last transaction changed.
    private func difference(_ trees: LMDBCheck.Trees, _ before: LMDBCheck.Trees) -> Int {
        format.tables.reduce(0) { sum, name in
            sum + abs((trees[name]?.expected ?? 0) - (before[name]?.expected ?? 0))
        }
    }

    /// Bytes written in one transaction.
    private static let batchBytes = 8 << 20

    private mutating func write(_ trees: LMDBCheck.Trees, _ result: inout StoreSalvage) throws(StorageError) {
        guard let record = trees.main.first(where: { $0.key.elementsEqual(StoreFormat.recordKey) }) else {
            throw .corrupt(path: path, reason: "what it holds cannot be found in it any more")
        }
        let version = try format.version(in: record.value, path: path)
        guard version == format.version else {
            throw .corrupt(path: path, reason: "its format, version \(version), can be repaired only by a program that writes it")
        }
        var batch = WriteBatch(isNecessary: true)
        for (place, name) in format.tables.enumerated() {
            guard let table = trees[name] else { continue }
            result.lostRows += table.lost
            for entry in table.entries where !entry.key.isEmpty && entry.key.count <= WriteBatch.maximumKeyBytes {
                batch.put(entry.value, at: entry.key, in: Table(place))
                result.rows += 1
                guard batch.byteCount > Self.batchBytes else { continue }
                try apply(batch)
                batch = WriteBatch(isNecessary: true)
            }
        }
        try apply(batch)
    }
}
