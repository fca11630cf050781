import Glibc

/// That one process at a time has a store: a lock on a file beside it, which the system lets go of when the process ends in whatever way.
///
/// The lock is of the open file and not of the process, so a second opening in the same process is refused too. The file stays: whoever
/// removed it could remove it from under one who has just locked it.
struct StoreLock: ~Copyable {
    private let descriptor: Int32
    /// When somebody last had it, in nanoseconds since 1970; nil: nobody ever had.
    let lastUse: Int64?

    /// Takes it or says who has it.
    init(of path: String) throws(StorageError) {
        let file = path + ".lock"
        var before = stat()
        let wasThere = stat(file, &before) == 0
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StorageError(call: "open", code: errno, path: file) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.holder(descriptor)
            close(descriptor)
            throw code == EWOULDBLOCK ? .busy(path: path, holder: holder) : StorageError(call: "flock", code: code, path: file)
        }
        self.descriptor = descriptor
        lastUse = wasThere ? Int64(before.st_mtim.tv_sec) * 1_000_000_000 + Int64(before.st_mtim.tv_nsec) : nil
        // Who it is, for those who are refused; that nobody may read it is no reason not to go on.
        ftruncate(descriptor, 0)
        let text = Array("\(getpid())\n".utf8)
        _ = pwrite(descriptor, text, text.count, 0)
        if wasThere {
            // Looking at a store is no use of it.
            let times = [before.st_atim, before.st_mtim]
            futimens(descriptor, times)
        }
    }

    deinit {
        // Closing alone lets go of it only when nobody has a copy of the descriptor, as a process has while it is being started.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Leaves behind that it is in use now, as the time stamp of the file.
    borrowing func touch() { futimens(descriptor, nil) }

    /// What the holder wrote: its number, and by that its name.
    private static func holder(_ descriptor: Int32) -> String? {
        guard let text = contents(descriptor), let process = pid_t(text) else { return nil }
        if process == getpid() { return "this process" }
        let comm = open("/proc/\(process)/comm", O_RDONLY | O_CLOEXEC)
        defer { if comm >= 0 { close(comm) } }
        guard comm >= 0, let name = contents(comm) else { return "process \(process)" }
        return "process \(process) (\(name))"
    }

    /// The first line.
    private static func contents(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
