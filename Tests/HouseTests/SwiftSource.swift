import Foundation

/// A Swift file with its comments and string literals blanked out, so that a word found in it is code.
struct SwiftSource {
    let path: String
    let text: String
    /// As long as `text`, line for line; code inside an interpolation stays.
    let code: String

    init(_ path: String) throws {
        self.init(path: path, text: try Repository.text(path))
    }

    init(path: String, text: String) {
        self.path = path
        self.text = text
        var scanner = Scanner(Array(text))
        self.code = scanner.code()
    }

    var module: String {
        let parts = path.split(separator: "/")
        return String(parts[0] == "Benchmarks" && parts.count == 2 ? parts[0] : parts[1])
    }

    /// Names of the modules it imports.
    var imports: [String] {
        let attributes = #"(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"#
        let kind = #"(?:(?:struct|class|enum|protocol|func|var|let|typealias|actor)\s+)?"#
        return code.matches(of: #"^\s*"# + attributes + #"import\s+"# + kind + #"(\w+)"#)
    }

    static func all(in folder: String) throws -> [SwiftSource] {
        try everywhere.get().filter { $0.path.hasPrefix("\(folder)/") }
    }

    /// Read once for all tests.
    private static let everywhere = Result {
        try ["Benchmarks", "Sources", "Tests"].flatMap { Repository.files(in: $0, "swift") }.map { try SwiftSource($0) }
    }

    private struct Scanner {
        let characters: [Character]
        var position = 0
        var output = ""

        init(_ characters: [Character]) { self.characters = characters }

        mutating func code() -> String {
            copyCode(untilParenthesis: false)
            return output
        }

        private func starts(_ word: String, at offset: Int = 0) -> Bool {
            let start = position + offset
            return start + word.count <= characters.count && word.elementsEqual(characters[start..<start + word.count])
        }

        private mutating func blank(_ count: Int = 1) {
            for _ in 0..<count where position < characters.count {
                output.append(characters[position] == "\n" ? "\n" : " ")
                position += 1
            }
        }

        private mutating func copyCode(untilParenthesis: Bool) {
            var depth = 0
            while position < characters.count {
                if starts("//") {
                    while position < characters.count, characters[position] != "\n" { blank() }
                } else if starts("/*") {
                    blankBlockComment()
                } else if let hashes = stringStart() {
                    blankString(hashes: hashes)
                } else {
                    if characters[position] == "(" { depth += 1 }
                    if characters[position] == ")" { depth -= 1 }
                    output.append(characters[position])
                    position += 1
                    if untilParenthesis, depth == 0 { return }
                }
            }
        }

        private mutating func blankBlockComment() {
            var depth = 0
            repeat {
                if starts("/*") {
                    depth += 1
                    blank(2)
                } else if starts("*/") {
                    depth -= 1
                    blank(2)
                } else {
                    blank()
                }
            } while depth > 0 && position < characters.count
        }

        /// How many `#` open a string here, nil when none begins.
        private func stringStart() -> Int? {
            var hashes = 0
            while starts("#", at: hashes) { hashes += 1 }
            return starts("\"", at: hashes) ? hashes : nil
        }

        private mutating func blankString(hashes: Int) {
            blank(hashes)
            let quote = starts("\"\"\"") ? "\"\"\"" : "\""
            blank(quote.count)
            let rail = String(repeating: "#", count: hashes)
            while position < characters.count {
                if starts("\\" + rail + "(") {
                    blank(1 + hashes)
                    copyCode(untilParenthesis: true)
                } else if starts("\\" + rail) {
                    blank(2 + hashes)
                } else if starts(quote + rail) {
                    return blank(quote.count + hashes)
                } else {
                    blank()
                }
            }
        }
    }
}
