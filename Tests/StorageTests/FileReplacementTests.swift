import Foundation
import Testing

@testable import Storage

@Suite("How a file takes another one's place")
struct FileReplacementTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("store")
    }

    private func write(_ text: String, _ path: String) throws { try text.write(toFile: path, atomically: false, encoding: .utf8) }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("the new one has the name and the old one's mode, and is nowhere else")
    func replaces() throws {
        try write("old", path)
        #expect(chmod(path, 0o640) == 0)
        let new = FileReplacement.unfinished(path)
        try write("new", new)
        try FileReplacement.put(new, at: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
        #expect(mode(path) == 0o640)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["store"])
    }

    @Test("where there was none it keeps its own mode")
    func first() throws {
        let new = FileReplacement.unfinished(path)
        try write("new", new)
        #expect(chmod(new, 0o600) == 0)
        try FileReplacement.put(new, at: path)
        #expect(mode(path) == 0o600)
    }

    @Test("without a new one the old one stays, and the error names what is missing")
    func missing() throws {
        try write("old", path)
        let new = FileReplacement.unfinished(path)
        #expect(throws: StorageError.system(call: "open", code: ENOENT, path: new)) { try FileReplacement.put(new, at: path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    }

    @Test("the directory of a name is found wherever it stands", arguments: ["/store", "store", "/tmp/store", "/tmp/"])
    func directories(name: String) throws { try FileReplacement.syncDirectory(of: name) }

    @Test("a directory that is not there is named")
    func missingDirectory() {
        let none = directory.file("none")
        #expect(throws: StorageError.system(call: "open", code: ENOENT, path: none)) {
            try FileReplacement.syncDirectory(of: "\(none)/store")
        }
    }
}
