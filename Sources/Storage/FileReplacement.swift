import Glibc

/// Puts a complete file in the place of another, so that each moment of a crash leaves one of them under its name.
enum FileReplacement {
    /// Where a new file grows until it is complete.
    static func unfinished(_ path: String) -> String { path + ".unfinished" }

    /// Waits until the new file is on the disk, gives it the name, and waits for that, too.
    static func put(_ new: String, at path: String) throws(StorageError) {
        try sync(new, O_RDWR)
        guard rename(new, path) == 0 else { throw StorageError(call: "rename", code: errno, path: path) }
        try syncDirectory(of: path)
    }

    /// Without it the name may be gone after a loss of power, and everything with it.
    static func syncDirectory(of path: String) throws(StorageError) {
        try sync(path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".", O_RDONLY | O_DIRECTORY)
    }

    private static func sync(_ path: String, _ flags: Int32) throws(StorageError) {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError(call: "open", code: errno, path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StorageError(call: "fsync", code: errno, path: path) }
    }
}
