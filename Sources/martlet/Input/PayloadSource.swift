import Glibc

/// Where the payload of a message comes from.
enum PayloadSource: Equatable {
    case bytes([UInt8])
    case file(String)
    case wholeInput
    case linesOfInput

    /// The one of `options` that is given.
    init(_ arguments: Arguments, of options: [Option]) throws(Failure) {
        let given = options.filter(arguments.has)
        let letters = options.compactMap { $0.short ?? $0.name }
        guard given.count == 1, let option = given.first else {
            let expected = "expected one of \(letters.dropLast().joined(separator: ", ")) and \(letters.last ?? "")"
            let found = given.isEmpty ? "none" : given.compactMap { $0.short ?? $0.name }.joined(separator: " and ")
            throw Failure(.wrongUsage, "\(expected), found \(found)")
        }
        let value = arguments.text(option) ?? ""
        switch option.name {
        case Option.file.name: self = .file(value)
        case Option.wholeInput.name: self = .wholeInput
        case Option.lines.name: self = .linesOfInput
        default: self = .bytes(Array(value.utf8))
        }
    }

    /// The payload, where it is one.
    func contents() async throws(Failure) -> [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .file(let path): try await File.contents(of: path)
        case .wholeInput, .linesOfInput: try await File.contents(of: STDIN_FILENO, name: "standard input")
        }
    }
}

extension Option {
    static let message = Option(name: "--message", short: "-m", value: .text("TEXT"), documentation: "the payload: this text")
    static let file = Option(name: "--file", short: "-f", value: .text("FILE"), documentation: "the payload: what is in this file")
    static let wholeInput = Option(name: "--stdin-file", short: "-s", documentation: "the payload: all of standard input")
    static let lines = Option(name: "--stdin-line", short: "-l", documentation: "a message for each line of standard input")
    static let empty = Option(name: "--null-message", short: "-n", documentation: "an empty payload")
}
