import Foundation

/// The files of this project, as the checks read them.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    /// Paths below `folder` whose name ends in one of `extensions`, relative to the root, sorted.
    static func files(in folder: String, _ extensions: String...) -> [String] {
        let base = root.appendingPathComponent(folder).path
        let names = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
        return names.filter { name in extensions.contains { name.hasSuffix(".\($0)") } && !name.contains("__pycache__") }
            .map { "\(folder)/\($0)" }.sorted()
    }

    /// Every text file that belongs to the project, whatever its kind.
    static func everyTextFile() -> [String] {
        let top = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let folders = ["Sources", "Tests", "Benchmarks", "Examples", "Fuzzing", "Documentation", "scripts", ".ci"]
        let kinds = ["swift", "c", "h", "cpp", "hpp", "modulemap", "py", "sh", "md", "transcript", "toml", "csv", "json", "txt"]
        var paths = top.filter { $0 == "Makefile" || $0 == ".gitignore" || $0.hasSuffix(".md") || $0 == "Package.swift" }
        for folder in folders {
            let base = root.appendingPathComponent(folder).path
            for name in FileManager.default.enumerator(atPath: base)?.compactMap({ $0 as? String }) ?? [] {
                let leaf = (name as NSString).lastPathComponent
                if !leaf.contains(".") || kinds.contains((name as NSString).pathExtension) { paths.append("\(folder)/\(name)") }
            }
        }
        return paths.filter { !$0.contains("__pycache__") }.sorted()
    }

    /// Runs a program at the root and returns its exit status with what it wrote.
    static func run(_ program: String, _ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = root
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

extension String {
    /// What the first group (or the whole) of `pattern` matches, everywhere, `^` and `$` meaning lines.
    func matches(of pattern: String) -> [String] {
        guard let expression = try? NSRegularExpression(pattern: pattern, options: .anchorsMatchLines) else {
            return ["bad pattern: \(pattern)"]
        }
        return expression.matches(in: self, range: NSRange(startIndex..., in: self)).compactMap { match in
            Range(match.range(at: match.numberOfRanges > 1 ? 1 : 0), in: self).map { String(self[$0]) }
        }
    }

    /// `line: text` for every line on which `pattern` matches.
    func lines(with pattern: String) -> [String] {
        guard !matches(of: pattern).isEmpty else { return [] }
        return components(separatedBy: "\n").enumerated().filter { !$0.element.matches(of: pattern).isEmpty }
            .map { "\($0.offset + 1): \($0.element.trimmingCharacters(in: .whitespaces))" }
    }
}
