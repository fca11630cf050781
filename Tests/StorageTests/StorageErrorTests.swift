import Glibc
import Testing

@testable import Storage

@Suite("What a store refuses, in words one can act on")
struct StorageErrorTests {
    @Test(
        "the system's numbers become what they mean, and what to do",
        arguments: [
            (ENOSPC, "p: the disk is full, or a quota or limit (ulimit -f) used up; make room"),
            (EDQUOT, "p: the disk is full, or a quota or limit"),
            (EFBIG, "p: the disk is full, or a quota or limit"),
            (EROFS, "p: the file system is mounted read-only; mount it for writing"),
            (EACCES, "p: permission denied; the user of this process needs to read and write the file"),
            (ENOMEM, "p: call failed: no address space is left; a store reserves 1 TiB of it"),
            (EMFILE, "p: call failed: too many open files; raise the limit"),
            (EIO, "p: call failed: Input/output error"),
            (-30_796, "p is damaged (MDB_CORRUPTED: Located page was wrong type) and was left as it is; restore it"),
            (-30_795, "p: call failed: an earlier write of its last page failed; see to the disk, then open it again"),
        ])
    func words(code: Int32, words: String) {
        #expect("\(StorageError(call: "call", code: code, path: "p"))".hasPrefix(words))
    }
}
