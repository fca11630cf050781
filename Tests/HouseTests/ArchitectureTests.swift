import Foundation
import Testing

@Suite("ARCHITECTURE.md tells the truth")
struct ArchitectureTests {
    @Test("It lists exactly the modules of Package.swift, with what they import")
    func modules() throws {
        let rows = try table(under: "## Modules")
        let listed = Dictionary(rows.map { (words($0[0]).first ?? "", Set(words($0[1]))) }, uniquingKeysWith: { first, _ in first })
        #expect(rows.count == listed.count, "a module is listed twice")
        #expect(listed == Package.dependencies)
        for row in rows { #expect(row.count == 3 && row[2].count > 20, "what does it earn? \(row)") }
    }

    @Test("Every file of Primitives, protocol type and C library has its sentence")
    func earned() throws {
        let architecture = try Repository.text("ARCHITECTURE.md")
        var names = Repository.files(in: "Sources/Primitives", "swift")
            .map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
        for file in try SwiftSource.all(in: "Sources") { names += file.code.matches(of: #"\bprotocol\s+(\w+)"#) }
        names += Package.dependencies.keys.filter { $0.hasPrefix("C") }
        let missing = names.filter { !architecture.contains("`\($0)`") }
        #expect(missing.isEmpty, "ARCHITECTURE.md does not say what they earn")
    }

    @Test("Every path it opens exists")
    func paths() throws {
        let rows = try table(under: "## I want to change")
        #expect(rows.count >= 25)
        for row in rows {
            let paths = row.count == 2 ? words(row[1]) : []
            #expect(!paths.isEmpty, "nothing to open: \(row)")
            for path in paths { #expect(Repository.exists(path), "\(path)") }
        }
    }

    @Test("Links between documents lead somewhere", arguments: ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"])
    func links(document: String) throws {
        for target in try Repository.text(document).matches(of: #"\]\(([^)#\s]+)[^)]*\)"#) where !target.contains("://") {
            #expect(Repository.exists(target), "\(document) links to \(target)")
        }
    }

    /// Cells of the first table under `heading`, without its head.
    private func table(under heading: String) throws -> [[String]] {
        let lines = try Repository.text("ARCHITECTURE.md").components(separatedBy: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix(heading) }, "no section \(heading)")
        let rows = lines[start...].drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }.dropFirst(2)
        return rows.map { $0.components(separatedBy: "|").dropFirst().dropLast().map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    private func words(_ cell: String) -> [String] { cell.matches(of: "`([^`]+)`") }
}
