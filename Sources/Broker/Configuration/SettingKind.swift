/// The value of one setting, whatever its kind.
enum SettingValue: Hashable, Sendable {
    case number(Int)
    case boolean(Bool)
    case text(String)
    case list([String])
}

/// What a setting accepts and how it is written.
enum SettingKind: Hashable, Sendable {
    case count(ClosedRange<Int>)
    case bytes(ClosedRange<Int>)
    case seconds(ClosedRange<Int>)
    case boolean
    case text(maximumBytes: Int)
    case choice([String])
    case choices([String])
    case address

    /// What an error message says was expected.
    var expectation: String {
        switch self {
        case .count(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .bytes(let range):
            "a size from \(ByteSize.text(range.lowerBound)) to \(ByteSize.text(range.upperBound)), "
                + #"as a number of bytes or a text such as "64MiB""#
        case .seconds(let range):
            "a time from \(TimeSpan.text(range.lowerBound)) to \(TimeSpan.text(range.upperBound)), "
                + #"as a number of seconds or a text such as "30s", "5m" or "7d""#
        case .boolean: "true or false"
        case .text(let maximum): "a text of at most \(maximum) bytes without control characters"
        case .choice(let words): "one of \(Self.quoted(words))"
        case .choices(let words): "a list of one or more of \(Self.quoted(words)), each once"
        case .address: #"a numeric IPv4 or IPv6 address such as "127.0.0.1" or "::""#
        }
    }

    /// Words that may be meant when another one was written.
    var words: [String] {
        switch self {
        case .choice(let words), .choices(let words): words
        default: []
        }
    }

    /// The value that `node` writes; nil: it is not what this kind accepts.
    func value(of node: TOMLNode) -> SettingValue? {
        switch (self, node.content) {
        case (.count, .integer(let number)), (.bytes, .integer(let number)), (.seconds, .integer(let number)):
            return accepted(.number(Int(number)))
        case (.bytes, .string(let text)): return ByteSize.parse(text).flatMap { accepted(.number($0)) }
        case (.seconds, .string(let text)): return TimeSpan.parse(text).flatMap { accepted(.number($0)) }
        case (.boolean, .boolean(let flag)): return .boolean(flag)
        case (.text, .string(let text)), (.choice, .string(let text)), (.address, .string(let text)):
            return accepted(.text(text))
        case (.choices, .array(let elements)):
            var words: [String] = []
            for element in elements {
                guard case .string(let word) = element.content else { return nil }
                words.append(word)
            }
            return accepted(.list(words))
        default: return nil
        }
    }

    /// The value that a command-line argument writes; nil: it is not what this kind accepts.
    func value(ofArgument text: String) -> SettingValue? {
        switch self {
        case .count: Int(text).flatMap { accepted(.number($0)) }
        case .bytes: ByteSize.parse(text).flatMap { accepted(.number($0)) }
        case .seconds: TimeSpan.parse(text).flatMap { accepted(.number($0)) }
        case .boolean: ["true": .boolean(true), "false": .boolean(false)][text]
        case .text, .choice, .address: accepted(.text(text))
        case .choices: accepted(.list(text.split(separator: ",").map(String.init)))
        }
    }

    private func accepted(_ value: SettingValue) -> SettingValue? {
        switch (self, value) {
        case (.count(let range), .number(let number)), (.bytes(let range), .number(let number)),
            (.seconds(let range), .number(let number)):
            return range.contains(number) ? value : nil
        case (.text(let maximum), .text(let text)):
            let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
            return text.utf8.count <= maximum && isPlain ? value : nil
        case (.choice(let words), .text(let text)): return words.contains(text) ? value : nil
        case (.choices(let words), .list(let chosen)):
            let isSet = Set(chosen).count == chosen.count
            return !chosen.isEmpty && isSet && chosen.allSatisfy(words.contains) ? value : nil
        case (.address, .text(let text)): return IPAddress(text).map { .text($0.text) }
        default: return nil
        }
    }

    static func quoted(_ words: [String]) -> String { words.map { "\"\($0)\"" }.joined(separator: ", ") }
}
