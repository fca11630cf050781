import Glibc

/// The bytes of a file, read where they are.
struct MappedFile: ~Copyable {
    let bytes: UnsafeRawBufferPointer

    init(_ path: String, length: Int) throws(StorageError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError(call: "open", code: errno, path: path) }
        defer { close(descriptor) }
        guard let start = mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
            throw StorageError(call: "mmap", code: errno, path: path)
        }
        bytes = UnsafeRawBufferPointer(start: start, count: length)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// The length of a file that may be a store; nil: there is none.
    static func length(of path: String) throws(StorageError) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw StorageError(call: "stat", code: errno, path: path)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .system(call: "open", code: EISDIR, path: path) }
        return Int(status.st_size)
    }
}
