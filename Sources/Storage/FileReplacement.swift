import Glibc

/// Puts a complete file in the place of another, so that each moment of a crash leaves one of them under its name.
enum FileReplacement {
    /// Where a new file grows until it is complete.
    static func unfinished(_ path: String) -> String { path + ".unfinished" }

    /// Waits until the new file is on the disk, gives it the name, and waits for that, too.
    static func put(_ new: String, at path: String) throws(StorageError) {
        try takeOver(new, from: path)
        try sync(new, O_RDWR)
        guard rename(new, path) == 0 else { throw StorageError(call: "rename", code: errno, path: path) }
        try syncDirectory(of: path)
    }

    /// Without it the name may be gone after a loss of power, and everything with it.
    static func syncDirectory(of path: String) throws(StorageError) {
        try sync(path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".", O_RDONLY | O_DIRECTORY)
    }

    /// Owner and mode stay those of the old file: who replaces it need not be the one who uses it.
    private static func takeOver(_ new: String, from path: String) throws(StorageError) {
        var old = stat()
        var made = stat()
        guard stat(path, &old) == 0, stat(new, &made) == 0 else { return }
        if (old.st_uid, old.st_gid) != (made.st_uid, made.st_gid), chown(new, old.st_uid, old.st_gid) != 0 {
            throw StorageError(call: "chown", code: errno, path: new)
        }
        guard chmod(new, old.st_mode & 0o7777) == 0 else { throw StorageError(call: "chmod", code: errno, path: new) }
    }

    private static func sync(_ path: String, _ flags: Int32) throws(StorageError) {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError(call: "open", code: errno, path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StorageError(call: "fsync", code: errno, path: path) }
    }
}
