/// One named value of a log line.
///
/// What comes from clients is cut to 256 bytes here, so that a full queue of lines stays small, and escaped when it is written.
public struct LogField: Hashable, Sendable {
    enum Value: Hashable, Sendable {
        case text(String)
        case number(Int)
    }

    let name: String
    let value: Value

    /// The Client Identifier; it may hold anything.
    public static func client(_ bytes: some Sequence<UInt8>) -> LogField { text("client", bytes) }
    /// The address a connection comes from, with its port.
    public static func address(_ text: String) -> LogField { LogField(name: "address", value: .text(text)) }
    /// The listener's name.
    public static func listener(_ name: String) -> LogField { LogField(name: "listener", value: .text(name)) }
    /// A Topic Name or Topic Filter; it may hold anything.
    public static func topic(_ bytes: some Sequence<UInt8>) -> LogField { text("topic", bytes) }
    /// Why it happened, in words that stay the same.
    public static func reason(_ text: String) -> LogField { LogField(name: "reason", value: .text(text)) }
    /// What whoever reads the line can do about it, with the key that would allow it.
    public static func hint(_ text: String) -> LogField { LogField(name: "hint", value: .text(text)) }
    /// A Reason Code or return code.
    public static func code(_ value: UInt8) -> LogField { LogField(name: "code", value: .number(Int(value))) }
    /// Anything countable; the name says the unit.
    public static func number(_ name: String, _ value: Int) -> LogField { LogField(name: name, value: .number(value)) }
    /// Any other text.
    public static func text(_ name: String, _ text: String) -> LogField { self.text(name, text.utf8) }

    /// Any other bytes, meant to be UTF-8.
    public static func text(_ name: String, _ bytes: some Sequence<UInt8>) -> LogField {
        var kept = Array(bytes.prefix(longestText + 1))
        let wasCut = kept.count > longestText
        if wasCut {
            kept.removeLast()
            // A character that was cut in two is left out whole.
            while let last = kept.last, last & 0xC0 == 0x80 { kept.removeLast() }
            if let last = kept.last, last >= 0xC0 { kept.removeLast() }
        }
        return LogField(name: name, value: .text(String(decoding: kept, as: UTF8.self) + (wasCut ? "…" : "")))
    }

    private static let longestText = 256
}
