/// What stands in the first two pages of a file of LMDB: where its trees begin, as of the last transaction.
struct LMDBHead {
    let pageBytes: Int
    /// The list of free pages.
    let free: LMDBTree
    /// The tables' names, with their trees.
    let main: LMDBTree
    let transaction: UInt64

    /// nil: this is no file of LMDB.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let first = LMDBHead(bytes, at: 0), let second = LMDBHead(bytes, at: first.pageBytes) else { return nil }
        self = second.transaction > first.transaction ? second : first
    }

    /// One of the two pages; transactions write them in turn.
    private init?(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard bytes.count >= offset + 16 + 136 else { return nil }
        let meta = UnsafeRawBufferPointer(rebasing: bytes[(offset + 16)...])
        guard meta.loadUnaligned(as: UInt32.self) == 0xBEEF_C0DE, meta.loadUnaligned(fromByteOffset: 4, as: UInt32.self) == 1 else {
            return nil
        }
        // LMDB keeps the size of a page in a field of the first tree that has no other use there.
        pageBytes = Int(meta.loadUnaligned(fromByteOffset: 24, as: UInt32.self))
        guard pageBytes >= 256, pageBytes <= 32_768, pageBytes.nonzeroBitCount == 1 else { return nil }
        guard let free = LMDBTree(UnsafeRawBufferPointer(rebasing: meta[24..<72])),
            let main = LMDBTree(UnsafeRawBufferPointer(rebasing: meta[72..<120]))
        else { return nil }
        self.free = free
        self.main = main
        transaction = meta.loadUnaligned(fromByteOffset: 128, as: UInt64.self)
    }

    /// Of a damaged file: those of the two pages that can be read, the last transaction's first.
    static func readable(_ bytes: UnsafeRawBufferPointer) -> [LMDBHead] {
        let first = LMDBHead(bytes, at: 0)
        // Where the second one begins, only the first could have said.
        let offsets = first.map { [$0.pageBytes] } ?? (8...15).map { 1 << $0 }
        let second = offsets.lazy.compactMap { LMDBHead(bytes, at: $0) }.first
        return [first, second].compactMap { $0 }.sorted { $0.transaction > $1.transaction }
    }
}

/// Where a tree begins, and how much is in it.
struct LMDBTree {
    let depth: Int
    let entries: UInt64
    /// nil: it is empty.
    let root: UInt64?

    /// nil: these bytes are something else.
    init?(_ record: UnsafeRawBufferPointer) {
        guard record.count == 48 else { return nil }
        depth = Int(record.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
        entries = record.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
        let root = record.loadUnaligned(fromByteOffset: 40, as: UInt64.self)
        self.root = root == .max ? nil : root
    }
}
