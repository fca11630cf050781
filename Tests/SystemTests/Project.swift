import Foundation

enum Project {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Where the tests were built, and `martletd` with them: the folder of the test bundle in this process's memory.
    static let buildFolder: URL = {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let bundle = maps.split(separator: "\n").first { $0.hasSuffix("PackageTests.xctest") }?.drop { $0 != "/" }
        return bundle.map { URL(fileURLWithPath: String($0)).deletingLastPathComponent() } ?? root.appendingPathComponent(".build/debug")
    }()

    /// A folder of its own for one test.
    static func temporaryFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
