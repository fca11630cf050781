import Foundation
import Testing

@testable import Storage

@Suite("The directory of a store")
struct DataDirectoryTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test("is made for its user alone, and left as it is when it is there", arguments: ["", "/", "//"])
    func makes(slashes: String) throws {
        let path = directory.file("data")
        try DataDirectory.make(path + slashes)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o700)
        #expect(chmod(path, 0o750) == 0)
        try DataDirectory.make(path + slashes)
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o750)
    }

    @Test("the one above it has to exist, and to be a directory")
    func above() throws {
        let missing = directory.file("none/data")
        #expect(throws: StorageError.system(call: "mkdir", code: ENOENT, path: missing)) { try DataDirectory.make(missing) }
        try "text".write(toFile: directory.file("file"), atomically: false, encoding: .utf8)
        let below = directory.file("file/data")
        #expect(throws: StorageError.system(call: "mkdir", code: ENOTDIR, path: below)) { try DataDirectory.make(below) }
    }
}
