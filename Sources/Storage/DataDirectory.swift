import Glibc

/// The directory in which a store lies.
public enum DataDirectory {
    /// Makes it if there is none, for this user alone, and waits until its name is on the disk; the one above it must exist.
    public static func make(_ path: String) throws(StorageError) {
        let trimmed = String(path.reversed().drop { $0 == "/" }.reversed())
        if mkdir(path, 0o700) == 0 { return try FileReplacement.syncDirectory(of: trimmed) }
        guard errno == EEXIST else { throw StorageError(call: "mkdir", code: errno, path: path) }
    }
}
