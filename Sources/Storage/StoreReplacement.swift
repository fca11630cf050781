import Glibc
import Primitives

/// A new file for a store, which takes the place of the one at its path when it is complete and on the disk; until then that one stays as it is.
///
/// It has the lock of the path meanwhile. What is not completed leaves nothing.
public struct StoreReplacement: ~Copyable {
    let path: String
    let format: StoreFormat
    private let lock: StoreLock
    /// nil: it is in its place.
    private var store: LMDBStore?

    /// - Parameter path: of the store; there need not be one, but its directory must exist
    public init(at path: String, format: StoreFormat) throws(StorageError) {
        let lock = try StoreLock(of: path)
        unlink(FileReplacement.unfinished(path))
        let store = try LMDBStore(unlocked: FileReplacement.unfinished(path), format: format)
        self.path = path
        self.format = format
        self.lock = lock
        self.store = consume store
    }

    deinit { unlink(FileReplacement.unfinished(path)) }

    /// Writes a batch into the new file.
    public mutating func apply(_ batch: WriteBatch) throws(StorageError) { try store?.apply(batch) }

    /// Puts the new file in its place.
    ///
    /// - Parameter kept: another name in the same directory, which the old file then has
    public mutating func complete(keepingOldAs kept: String? = nil) throws(StorageError) {
        store = nil
        // A second name first: with a rename instead, a crash could leave no file under the path.
        if let kept, link(path, kept) != 0 { throw StorageError(call: "link", code: errno, path: kept) }
        try FileReplacement.put(FileReplacement.unfinished(path), at: path)
    }
}

extension LMDBStore {
    /// Rewrites the file without its free pages. The old one stays until the new one is on the disk.
    public consuming func compact() throws(StorageError) {
        let unfinished = FileReplacement.unfinished(environment.path)
        unlink(unfinished)
        do throws(StorageError) {
            try environment.copy(to: unfinished)
            try FileReplacement.put(unfinished, at: environment.path)
        } catch {
            unlink(unfinished)
            throw environment.meaning(of: error)
        }
    }

    /// The file that `compact` writes, while it does.
    public static func unfinished(_ path: String) -> String { FileReplacement.unfinished(path) }
}
