import Foundation
import Testing

@Suite("What a public declaration says")
struct DocumentationTests {
    @Test("Every public type, function and computed property has a docstring")
    func docstrings() throws {
        for file in try SwiftSource.all(in: "Sources") {
            let missing = undocumented(file)
            #expect(missing.isEmpty, "\(file.path):\(missing.joined(separator: "\n"))")
        }
    }

    @Test("The check sees what it is for")
    func example() {
        let text = """
            public struct A {
                public var stored = 1
                public init() {}
                public var computed: Int {
                    return stored * 2
                }
                /// Documented.
                @inlinable
                public func documented() {}
                public func short() -> Int { stored }
                @inlinable public mutating func bare() {
                    stored += 1
                }
                public mutating func append(_ byte: UInt8) {}
            }
            """
        #expect(undocumented(SwiftSource(path: "Sources/A/A.swift", text: text)).map { $0.prefix(2) } == ["1:", "4:", "11"])
    }

    /// Names every reader knows from the standard library; a line of prose would only repeat them.
    private let known: Set<String> = [
        "append", "prepend", "popFirst", "insert", "remove", "removeAll", "hash", "next", "encode", "count", "isEmpty", "description",
        "debugDescription", "errorDescription", "rawValue", "startIndex", "endIndex", "makeIterator", "bytes", "retain", "deallocate",
    ]

    private func undocumented(_ file: SwiftSource) -> [String] {
        let lines = file.text.components(separatedBy: "\n")
        let code = file.code.components(separatedBy: "\n")
        let modifiers = #"(?:(?:final|static|mutating|consuming|borrowing|nonisolated|indirect|@\w+(?:\([^)]*\))?)\s+)*"#
        var missing: [String] = []
        let declaration = #"^\s*"# + modifiers + #"public\s+"# + modifiers + #"((?:struct|enum|class|actor|protocol|func|var)\s+\w+)"#
        for (number, line) in code.enumerated() {
            guard let found = line.matches(of: declaration).first?.split(separator: " ").map(String.init), found.count == 2 else {
                continue
            }
            let (kind, name) = (found[0], found[1])
            if known.contains(name) || hasDocstring(above: number, lines) { continue }
            if kind == "var" && !isNontrivialProperty(number, code) { continue }
            if kind == "func" && line.trimmingCharacters(in: .whitespaces).hasSuffix("}") { continue }  // its body says it
            missing.append("\(number + 1): \(lines[number].trimmingCharacters(in: .whitespaces))")
        }
        return missing
    }

    /// A stored property or a one-line getter says itself by its name.
    private func isNontrivialProperty(_ number: Int, _ code: [String]) -> Bool {
        let line = code[number].trimmingCharacters(in: .whitespaces)
        return line.hasSuffix("{") && !line.contains("=")
    }

    private func hasDocstring(above number: Int, _ lines: [String]) -> Bool {
        var above = number - 1
        while above >= 0 {
            let line = lines[above].trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("///") || line.hasSuffix("*/") { return true }
            guard line.hasPrefix("@") || line.hasPrefix("//") else { return false }
            above -= 1
        }
        return false
    }
}
