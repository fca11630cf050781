/// A value the command line gives; it wins over the file.
public struct ConfigurationOverride: Hashable, Sendable {
    /// The flag as it was written, for messages.
    public let flag: String
    /// The dotted path of the key; `listener.KEY` means the only listener.
    public let key: String
    public let value: String

    public init(flag: String, key: String, value: String) {
        self.flag = flag
        self.key = key
        self.value = value
    }
}

/// A configuration that passed every check, and where each of its values comes from.
///
/// The command line wins over the file, the file over the defaults.
public struct EffectiveConfiguration: Hashable, Sendable {
    public internal(set) var configuration = BrokerConfiguration()
    /// By dotted path, `limits.connections` or `listener[0].port`; what is missing has its default.
    var origins: [String: ConfigurationOrigin] = [:]

    /// Reads the file at `path`, if there is one, and lays `overrides` over it. Throws all problems at once.
    public init(file path: String? = nil, overrides: [ConfigurationOverride] = []) throws(ConfigurationError) {
        if let path {
            try self.init(text: ConfigurationFile.read(path), path: path, overrides: overrides)
        } else {
            try self.init(text: [], path: "", overrides: overrides)
        }
    }

    /// As above, for the text of a file; `path` is what messages call it.
    init(text: [UInt8], path: String, overrides: [ConfigurationOverride] = []) throws(ConfigurationError) {
        var reader = ConfigurationReader(path: path)
        do {
            reader.read(try TOMLNode.parse(text))
        } catch {
            let origin = ConfigurationOrigin.file(path: path, line: error.line, column: error.column)
            throw ConfigurationError(problems: [ConfigurationProblem(.syntax(error.message), at: origin)])
        }
        for override in overrides { reader.apply(override) }
        reader.complete()
        guard reader.problems.isEmpty else { throw ConfigurationError(problems: reader.sortedProblems) }
        self = reader.result
    }

    /// What is known before anything is read.
    init() {}

    /// Where the value of `key` comes from.
    public func origin(of key: String) -> ConfigurationOrigin { origins[key] ?? .default }
}
