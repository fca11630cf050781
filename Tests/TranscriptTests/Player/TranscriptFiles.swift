import Foundation

/// The transcripts of this folder, read once.
enum TranscriptFiles {
    static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()

    static let files: [String] = {
        let names = FileManager.default.subpaths(atPath: folder.path) ?? []
        return names.filter { $0.hasSuffix(".transcript") }.sorted()
    }()

    static func scenarios(of file: String) throws -> [Scenario] {
        let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
        return try TranscriptParser.parse(text, file: file)
    }

    /// Every scenario in each of its versions. A file that cannot be read is the matter of another test.
    static let runs: [ScenarioRun] = files.flatMap { file in
        ((try? scenarios(of: file)) ?? []).flatMap { scenario in
            scenario.versions.map { ScenarioRun(scenario: scenario, version: $0) }
        }
    }
}
