/// One option of a command; reading, hints and `--help` come from the lists of these.
struct Option: Sendable {
    /// What follows it on the command line.
    enum Value: Sendable {
        case none
        /// Any text; the name is what `--help` calls it.
        case text(String)
        case integer(String, ClosedRange<Int>)
        /// Seconds, with a fraction if wanted.
        case seconds
        case oneOf(String, [String])
        /// A packet, the name of a property, and its value or, of a User Property, its name and value.
        case property
        /// Known from mosquitto's clients and not offered here; the words say what is.
        case refused(String)
    }

    /// With its dashes, such as `--topic`.
    let name: String
    /// Such as `-t`.
    var short: String?
    /// Other long names people know it by.
    var aliases: [String] = []
    var value = Value.none
    /// It may be given several times.
    var repeats = false
    let documentation: String

    func isCalled(_ word: String) -> Bool { word == name || word == short || aliases.contains(word) }
}

extension Option.Value {
    /// What `--help` calls it.
    var name: String? {
        switch self {
        case .none, .refused: nil
        case .text(let name), .integer(let name, _), .oneOf(let name, _): name
        case .seconds: "SECONDS"
        case .property: "PACKET PROPERTY VALUE"
        }
    }

    /// What was expected instead of `text`; nil: it is as it should be.
    func problem(with text: String) -> String? {
        switch self {
        case .none, .text, .property, .refused: nil
        case .integer(_, let range):
            Int(text).map(range.contains) == true
                ? nil
                : "expected a whole number"
                    + (range.upperBound == .max ? " from \(range.lowerBound)" : " from \(range.lowerBound) to \(range.upperBound)")
        case .seconds: Double(text).map { $0 >= 0 && $0 <= 1e9 } == true ? nil : "expected seconds, such as 5 or 0.5"
        case .oneOf(_, let choices): choices.contains(text) ? nil : "expected \(choices.joined(separator: ", "))"
        }
    }
}
