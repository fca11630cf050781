import Glibc

/// A file that is there under its name when it is complete.
struct OutputFile: ~Copyable {
    private let path: String
    /// Where it grows; nil: it is no regular file, and is written to as it comes.
    private let unfinished: String?
    private let descriptor: Int32

    init(_ path: String) throws(Failure) {
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let name = isSpecial ? path : path + ".unfinished"
        // It holds what clients said to each other.
        let descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failed(path) }
        self.path = path
        unfinished = isSpecial ? nil : name
        self.descriptor = descriptor
    }

    func write(_ bytes: [UInt8]) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failed(path) }
            rest = rest.dropFirst(count)
        }
    }

    /// Waits until it is on the disk, and gives it its name.
    func complete() throws(Failure) {
        guard let unfinished else { return }
        guard fsync(descriptor) == 0, rename(unfinished, path) == 0 else { throw Self.failed(path) }
    }

    deinit {
        close(descriptor)
        if let unfinished { unlink(unfinished) }
    }

    private static func failed(_ path: String) -> Failure { Failure(.failed, "\(path): \(String(cString: strerror(errno)))") }
}
