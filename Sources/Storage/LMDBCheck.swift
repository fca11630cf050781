import Glibc

/// Whether the trees in a file of LMDB are whole. It is looked at before LMDB opens the file, for that ends the process when it meets a page that
/// is not what it should be, or is not there because the file was cut.
///
/// Every page of a tree has to be in the file, to be what its parent says, and to be used once, and keys have to ascend. Values are not looked at;
/// large ones are not even read. The format is that of all releases 0.9 on machines of 64 bits.
struct LMDBCheck {
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private let pageBytes: Int
    /// What is damaged is passed over instead of thrown.
    private let isLenient: Bool
    private var isUsed: [Bool]
    /// The key before, an entry's or that of a branch; those of the list of free pages have an order of their own.
    private var lastKey: UnsafeRawBufferPointer?
    private var isLastEntry = false
    private var isOrdered = true
    /// Pages passed over.
    private(set) var damaged: Set<UInt64> = []

    init(_ bytes: UnsafeRawBufferPointer, _ path: String, pageBytes: Int, isLenient: Bool = false) {
        self.bytes = bytes
        self.path = path
        self.pageBytes = pageBytes
        self.isLenient = isLenient
        isUsed = Array(repeating: false, count: bytes.count / pageBytes)
    }

    /// - Parameter expected: what an error calls the file that should be there
    static func run(_ path: String, length: Int, expected: String) throws(StorageError) {
        let file = try MappedFile(path, length: length)
        guard let head = LMDBHead(file.bytes) else { throw .foreign(path: path, expected: expected) }
        var check = LMDBCheck(file.bytes, path, pageBytes: head.pageBytes)
        try check.walkTables(head, keepsEntries: false)
        try check.walkFree(head)
    }

    /// What is in a file: the entries beside the tables' names, and those of each table.
    struct Trees {
        var main: [Entry] = []
        var tables: [Table] = []

        struct Table {
            let name: UnsafeRawBufferPointer
            let tree: LMDBTree
            var entries: [Entry] = []

            /// Entries that should be there; a damaged number may be any, and is to be added to others.
            var expected: Int { Int(min(tree.entries, 1 << 40)) }
            var lost: Int { max(0, expected - entries.count) }
        }

        /// nil: its record was not found.
        subscript(name: String) -> Table? { tables.first { $0.name.elementsEqual(name.utf8) } }
    }

    /// Walks the trees in which something is.
    @discardableResult
    mutating func walkTables(_ head: LMDBHead, keepsEntries: Bool = true) throws(StorageError) -> Trees {
        var trees = Trees()
        try walk(head.main) { entry in
            if !entry.isTable {
                trees.main.append(entry)
            } else if let table = LMDBTree(entry.value) {
                trees.tables.append(Trees.Table(name: entry.key, tree: table))
            }
        }
        for place in trees.tables.indices {
            var entries: [Entry] = []
            try walk(trees.tables[place].tree) { if keepsEntries { entries.append($0) } }
            trees.tables[place].entries = entries
        }
        return trees
    }

    private mutating func walkFree(_ head: LMDBHead) throws(StorageError) {
        var free: [UInt64] = []
        isOrdered = false
        try walk(head.free) { entry in free += Self.pages(in: entry.value) }
        // LMDB does not write a page that is taken and given back in one transaction, so free ones may lie beyond the end.
        for page in free where page < isUsed.count { try use(page, hasHead: false) }
    }

    /// A key of a tree with its value, and whether that is the record of another one.
    struct Entry {
        let key: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
        let isTable: Bool
    }

    private mutating func walk(_ tree: LMDBTree, _ body: (Entry) -> Void) throws(StorageError) {
        guard let root = tree.root else { return }
        lastKey = nil
        do throws(StorageError) {
            // A tree of 2^48 bytes is not as deep.
            guard tree.depth > 0, tree.depth <= 32 else { throw damage(root) }
            var entries: UInt64 = 0
            try walk(page: root, depth: tree.depth) { entry in
                entries += 1
                body(entry)
            }
            guard entries == tree.entries || isLenient else { throw damage(root) }
        } catch {
            try passOver(root, error)
        }
    }

    private mutating func walk(page number: UInt64, depth: Int, _ body: (Entry) -> Void) throws(StorageError) {
        try use(number)
        let page = self.page(number)
        let kind = page.loadUnaligned(fromByteOffset: 10, as: UInt16.self)
        let lower = Int(page.loadUnaligned(fromByteOffset: 12, as: UInt16.self))
        let upper = Int(page.loadUnaligned(fromByteOffset: 14, as: UInt16.self))
        guard kind & Self.kinds == (depth > 1 ? Self.branch : Self.leaf), lower > 16, lower <= upper, upper <= pageBytes else {
            throw damage(number)
        }
        var filled = upper
        for slot in stride(from: 16, to: lower - 1, by: 2) {
            do throws(StorageError) {
                let offset = Int(page.loadUnaligned(fromByteOffset: slot, as: UInt16.self))
                guard offset >= upper, offset + 8 <= pageBytes else { throw damage(number) }
                filled += try walk(page, at: offset, isFirst: slot == 16, number, depth, body)
            } catch {
                try passOver(number, error)
            }
        }
        // Entries lie side by side; if they do not, LMDB moves the wrong bytes when it deletes one.
        guard filled == pageBytes || isLenient else { throw damage(number) }
    }

    /// One entry of a page: a page further down, or a key with its value. Returns its bytes.
    private mutating func walk(
        _ page: UnsafeRawBufferPointer, at offset: Int, isFirst: Bool, _ number: UInt64, _ depth: Int, _ body: (Entry) -> Void
    ) throws(StorageError) -> Int {
        let keyBytes = Int(page.loadUnaligned(fromByteOffset: offset + 6, as: UInt16.self))
        let data = offset + 8 + keyBytes
        let size = page.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        let flags = page.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)
        guard data <= pageBytes else { throw damage(number) }
        let key = UnsafeRawBufferPointer(rebasing: page[offset + 8..<data])
        if depth > 1 {
            // The first key of a branch is never looked at.
            if !isFirst { try ascend(to: key, isEntry: false, number) }
            let child = UInt64(size) | UInt64(flags) << 32
            do throws(StorageError) { try walk(page: child, depth: depth - 1, body) } catch { try passOver(child, error) }
            return (data - offset + 1) & ~1
        }
        try ascend(to: key, isEntry: true, number)
        if flags == Self.isLarge, data + 8 <= pageBytes {
            let first = page.loadUnaligned(fromByteOffset: data, as: UInt64.self)
            do throws(StorageError) {
                body(Entry(key: key, value: try largeValue(first, bytes: Int(size)), isTable: false))
            } catch {
                try passOver(first, error)
            }
            return (data + 8 - offset + 1) & ~1
        } else if flags & ~Self.isTable == 0, data + Int(size) <= pageBytes {
            let value = UnsafeRawBufferPointer(rebasing: page[data..<data + Int(size)])
            body(Entry(key: key, value: value, isTable: flags == Self.isTable))
            return (data + Int(size) - offset + 1) & ~1
        } else {
            throw damage(number)
        }
    }

    /// Keys are found only where they stand in their order: each above the ones before it, and not below the branch that leads to it.
    private mutating func ascend(to key: UnsafeRawBufferPointer, isEntry: Bool, _ page: UInt64) throws(StorageError) {
        guard isOrdered, !isLenient else { return }
        if let last = lastKey, !Self.isBelow(last, key, orSame: !isLastEntry && isEntry) { throw damage(page) }
        (lastKey, isLastEntry) = (key, isEntry)
    }

    private static func isBelow(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, orSame: Bool) -> Bool {
        guard let first = a.baseAddress, let second = b.baseAddress else { return a.count < b.count || orSame && a.count == b.count }
        let order = memcmp(first, second, min(a.count, b.count))
        return order != 0 ? order < 0 : a.count < b.count || orSame && a.count == b.count
    }

    /// Goes on behind a page that is damaged, if that is wanted.
    private mutating func passOver(_ page: UInt64, _ error: StorageError) throws(StorageError) {
        guard isLenient else { throw error }
        damaged.insert(page)
    }

    /// A value in pages of its own, of which the first has the head.
    private mutating func largeValue(_ first: UInt64, bytes size: Int) throws(StorageError) -> UnsafeRawBufferPointer {
        try use(first)
        let page = self.page(first)
        let count = UInt64(page.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        let kind = page.loadUnaligned(fromByteOffset: 10, as: UInt16.self)
        guard kind & Self.kinds == Self.large, count > 0, 16 + size <= Int(count) * pageBytes else { throw damage(first) }
        for next in first + 1..<first + count { try use(next, hasHead: false) }
        let start = Int(first) * pageBytes + 16
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
    }

    /// Marks a page of the file that nothing else uses. A page of a tree begins with its own number.
    private mutating func use(_ number: UInt64, hasHead: Bool = true) throws(StorageError) {
        guard number >= 2, number < isUsed.count, !isUsed[Int(number)] else { throw damage(number) }
        isUsed[Int(number)] = true
        guard !hasHead || page(number).loadUnaligned(as: UInt64.self) == number else { throw damage(number) }
    }

    private func page(_ number: UInt64) -> UnsafeRawBufferPointer {
        let start = Int(number) * pageBytes
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + pageBytes])
    }

    /// The numbers of free pages: their count, and then they. What comes behind was reserved and not needed.
    private static func pages(in value: UnsafeRawBufferPointer) -> [UInt64] {
        guard value.count >= 8 else { return [] }
        let count = min(value.loadUnaligned(as: UInt64.self), UInt64(value.count / 8 - 1))
        return (0..<Int(count)).map { value.loadUnaligned(fromByteOffset: 8 + 8 * $0, as: UInt64.self) }
    }

    private func damage(_ page: UInt64) -> StorageError {
        if page >= isUsed.count { return .corrupt(path: path, reason: "page \(page) is missing, the file ends before") }
        return .corrupt(path: path, reason: "page \(page) is not what it should be")
    }

    // The kinds of pages, and what a leaf says of its values.
    private static let branch: UInt16 = 1
    private static let leaf: UInt16 = 2
    private static let large: UInt16 = 4
    private static let kinds: UInt16 = 0x2F
    private static let isLarge: UInt16 = 1
    private static let isTable: UInt16 = 2
}
