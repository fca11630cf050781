import CLMDB
import Glibc

/// Whether a file has all the pages it speaks of: reading one that is not there would end the process with SIGBUS.
extension LMDBEnvironment {
    /// The length in bytes; nil: there is no such file.
    static func length(of path: String) throws(StorageError) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw StorageError(call: "stat", code: errno, path: path)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .system(call: "open", code: EISDIR, path: path) }
        return Int(status.st_size)
    }

    /// A file may be shorter than its last page says when the missing ones are free: LMDB does not write a page that is taken and given back in
    /// one transaction. To read which are free, the file is made longer, with zeros, and as short as it was again if that finds fault.
    static func checkLength(_ handle: OpaquePointer, _ path: String) throws(StorageError) {
        var information = MDB_envinfo()
        var statistics = MDB_stat()
        mdb_env_info(handle, &information)
        mdb_env_stat(handle, &statistics)
        let pageBytes = Int(statistics.ms_psize)
        let pages = information.me_last_pgno + 1
        guard let length = try length(of: path), length < pages * pageBytes else { return }
        let cut = StorageError.corrupt(path: path, reason: "\(length) bytes are left of \(pages * pageBytes)")
        guard pages <= mapBytes / pageBytes else { throw cut }
        guard truncate(path, pages * pageBytes) == 0 else { throw StorageError(call: "truncate", code: errno, path: path) }
        let missing = length / pageBytes..<pages
        guard let free = try? freePages(handle, path, in: missing), free.count == missing.count else {
            truncate(path, length)
            throw cut
        }
    }

    /// Those pages of a range that LMDB lists as free: under each transaction their count, and their numbers.
    private static func freePages(_ handle: OpaquePointer, _ path: String, in range: Range<Int>) throws(StorageError) -> Set<Int> {
        let transaction = try LMDBTransaction(handle, path, isReading: true)
        var free: Set<Int> = []
        try transaction.scan(0, from: UnsafeRawBufferPointer(start: nil, count: 0)) { _, pages in
            for offset in stride(from: 8, through: pages.count - 8, by: 8) {
                let page = pages.loadUnaligned(fromByteOffset: offset, as: Int.self)
                if range.contains(page) { free.insert(page) }
            }
            return true
        }
        return free
    }
}
