/// Everything that is wrong with a configuration, in the order of the file.
public struct ConfigurationError: Error, Hashable, Sendable {
    /// Never empty.
    public let problems: [ConfigurationProblem]

    /// One line for each problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong: where, which key, what was expected and what may have been meant.
public struct ConfigurationProblem: Hashable, Sendable {
    /// What sort of mistake it is.
    public enum Kind: Hashable, Sendable {
        /// The file cannot be read; the system's words.
        case unreadable(String)
        /// The file is no TOML; the parser's words.
        case syntax(String)
        case unknownKey
        /// A wrong type or an impossible value.
        case wrongValue(expected: String, found: String)
        /// `[listener]`, one table, where a list of them was expected.
        case singleListener
        /// Another listener, named by its key, has the address and port already.
        case duplicateListener(of: String)
        /// The command line wants to change the one listener of a file that has several.
        case severalListeners
    }

    public let kind: Kind
    public let origin: ConfigurationOrigin
    /// The dotted path; nil: the whole file.
    public let key: String?
    /// The known key or word that is nearest to what was written.
    public let nearest: String?

    init(_ kind: Kind, at origin: ConfigurationOrigin, key: String? = nil, nearest: String? = nil) {
        self.kind = kind
        self.origin = origin
        self.key = key
        self.nearest = nearest
    }

    /// `martlet.toml:3:1: limits.conections: unknown key; did you mean "connections", under [limits]?`
    public var description: String {
        let place = [origin.description, key.map(EscapedText.quotedIfNeeded)].compactMap { $0 }.joined(separator: ": ")
        return "\(place): \(message)\(hint)"
    }

    private var hint: String {
        switch (kind, nearest) {
        case (.unknownKey, let key?): "; did you mean \(ConfigurationKeys.asWritten(key))?"
        case (.unknownKey, nil): "; martletd --print-config without a file lists every key"
        case (_, let word?): "; did you mean \"\(word)\"?"
        case (_, nil): ""
        }
    }

    private var message: String {
        switch kind {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .syntax(let reason): "not TOML: \(reason)"
        case .unknownKey: "unknown key"
        case .wrongValue(let expected, let found): "expected \(expected), found \(found)"
        case .singleListener: "expected a list of tables, found one table; write [[listener]], with two brackets"
        case .duplicateListener(let other): "expected an address and port that are free, but \(other) has them already"
        case .severalListeners: "expected a file with one listener at most; give each its address and port in the file"
        }
    }
}

/// Where a value comes from.
public enum ConfigurationOrigin: Hashable, Sendable {
    case `default`
    /// Line and column count from 1; 0: the file as a whole.
    case file(path: String, line: Int, column: Int)
    /// The flag that said it.
    case commandLine(flag: String)

    /// `default`, `FILE:LINE:COLUMN` or the flag.
    public var description: String {
        switch self {
        case .default: "default"
        case .file(let path, let line, let column): line > 0 ? "\(path):\(line):\(column)" : path
        case .commandLine(let flag): flag
        }
    }
}
