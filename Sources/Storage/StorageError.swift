import CLMDB
import Glibc
import Transport

/// Why a store does not do what it should; `description` says what to do.
public enum StorageError: Error, Hashable, Sendable {
    /// The bytes it may have are in use.
    case full(path: String, maximumBytes: Int)
    /// The file system has no room, or a quota or the limit of a file's size is used up.
    case diskFull(path: String)
    /// The file system is mounted read-only.
    case readOnly(path: String)
    /// The user of this process may not read and write it.
    case permissionDenied(path: String)
    /// Its bytes are not as they were written.
    case corrupt(path: String, reason: String)
    /// Something else than what was `expected`.
    case foreign(path: String, expected: String)
    /// A later version of this program has written it.
    case newerFormat(path: String, found: UInt32, known: UInt32)
    /// Somebody has it open: another process, or this one elsewhere. nil: nobody knows who.
    case busy(path: String, holder: String?)
    /// It was closed.
    case closed
    /// Anything else: the call that failed, and the number of the system or, negative, of LMDB.
    case system(call: String, code: Int32, path: String)

    /// What a call of LMDB or of the system means.
    init(call: String, code: Int32, path: String) {
        switch code {
        case MDB_INVALID, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_NOTFOUND, MDB_INCOMPATIBLE, MDB_VERSION_MISMATCH:
            self = .corrupt(path: path, reason: Self.text(of: code))
        case ENOSPC, EDQUOT, EFBIG: self = .diskFull(path: path)
        case EROFS: self = .readOnly(path: path)
        case EACCES, EPERM: self = .permissionDenied(path: path)
        default: self = .system(call: call, code: code, path: path)
        }
    }

    /// What a call of the system means.
    public init(system call: String, errno: Int32, path: String) { self.init(call: call, code: errno, path: path) }

    /// Its bytes are not what they should be, whatever they are.
    public var isDamage: Bool {
        switch self {
        case .corrupt, .foreign: true
        default: false
        }
    }

    /// Why the storage thread does not start.
    init(starting error: TransportError) { self = .system(call: "starting it", code: error.errno, path: "the storage thread") }

    /// Whether less at once may still find room.
    var isLackOfRoom: Bool {
        switch self {
        case .full, .diskFull: true
        default: false
        }
    }
}

extension StorageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .full(let path, let maximumBytes):
            "\(path) is full: it may have \(maximumBytes) bytes; allow it more, or let what is in it go"
        case .diskFull(let path):
            "\(path): the disk is full, or a quota or limit (ulimit -f) used up; make room, nothing that was confirmed is lost"
        case .readOnly(let path):
            "\(path): the file system is mounted read-only; mount it for writing (after errors of the disk, check it first) or choose another path"
        case .permissionDenied(let path):
            "\(path): permission denied; the user of this process needs to read and write the file, and to write its directory"
        case .corrupt(let path, let reason):
            "\(path) is damaged (\(reason)) and was left as it is; restore it from a backup, or move it away to begin with an empty one"
        case .foreign(let path, let expected):
            "\(path) is no \(expected), or its head is damaged, and it was left as it is; choose another path, or move the file away"
        case .newerFormat(let path, let found, let known):
            "\(path) has format version \(found), this program knows none above \(known), and it was left as it is; use the newer program again"
        case .busy(let path, let holder):
            "\(path) is in use by \(holder ?? "another process"); one process at a time may have it, so end that one or choose another path"
        case .closed:
            "the store is closed; open it first"
        case .system(let call, let code, let path):
            "\(path): \(call) failed: \(Self.advice(code))"
        }
    }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case ENOENT: "its directory does not exist; create that first"
        case ENOTDIR: "what stands before the last / is no directory"
        case EISDIR: "it is a directory; name a file in it"
        case ENOMEM: "no address space is left; a store reserves 1 TiB of it (not of memory), so lift the limit (ulimit -v)"
        case EMFILE: "too many open files; raise the limit (ulimit -n, or LimitNOFILE in the unit)"
        case MDB_PANIC: "an earlier write of its last page failed; see to the disk, then open it again"
        default: text(of: code)
        }
    }

    private static func text(of code: Int32) -> String {
        guard let words = mdb_strerror(code) else { return "error \(code)" }
        return String(cString: words)
    }
}
