import Foundation
import Testing

@testable import martlet

@Suite("A file that is written")
struct OutputFileTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-output-\(UUID().uuidString)").path

    @Test("is there when it is complete, and until then the old one is")
    func complete() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("old".utf8).write(to: URL(fileURLWithPath: path))
        do {
            let file = try OutputFile(path)
            try file.write(Array("given up".utf8))
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        #expect(!FileManager.default.fileExists(atPath: path + ".unfinished"))
        let file = try OutputFile(path)
        for part in ["a", "", "b"] { try file.write(Array(part.utf8)) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        try file.complete()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "ab")
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    }

    @Test("that is no regular one is written to, and stays what it is")
    func special() throws {
        let file = try OutputFile("/dev/null")
        try file.write([1, 2, 3])
        try file.complete()
        #expect(try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType == .typeCharacterSpecial)
        #expect(throws: Failure(.failed, "/none/file: No such file or directory")) { _ = try OutputFile("/none/file") }
    }
}
