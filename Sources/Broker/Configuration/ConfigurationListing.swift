/// Every effective value with its origin, and when a change of it takes effect.
public struct ConfigurationListing: Sendable {
    struct Row: Hashable, Sendable {
        let key: String
        let kind: SettingKind
        let value: SettingValue
        let origin: ConfigurationOrigin
        let change: ChangeEffect
    }

    let rows: [Row]

    public init(_ effective: EffectiveConfiguration) {
        let configuration = effective.configuration
        var rows = Self.rows(BrokerSettings.all, of: configuration, prefix: "", in: effective)
        for (index, listener) in configuration.listeners.enumerated() {
            rows += Self.rows(ListenerSettings.all, of: listener, prefix: "listener[\(index)].", in: effective)
        }
        self.rows = rows
    }

    /// A table for people.
    public var text: String {
        let cells =
            [["KEY", "VALUE", "ORIGIN", "A CHANGE IS"]]
            + rows.map { row in
                [row.key, row.kind.toml(row.value), row.origin.description, row.change.description]
            }
        return TextTable.text(cells)
    }

    /// An array of objects for programs, one on each line. Sizes are bytes, times are seconds.
    public var json: String {
        let objects = rows.map { row in
            var members = [("key", EscapedText.quoted(row.key)), ("value", Self.json(row.value))]
            switch row.origin {
            case .default: members.append(("origin", "\"default\""))
            case .commandLine(let flag):
                members += [("origin", "\"command line\""), ("flag", EscapedText.quoted(flag))]
            case .file(let path, let line, _):
                members += [("origin", "\"file\""), ("file", EscapedText.quoted(path)), ("line", "\(line)")]
            }
            members.append(("change", EscapedText.quoted(row.change.rawValue)))
            return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
        }
        return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
    }

    private static func rows<Target>(
        _ settings: [Setting<Target>], of target: Target, prefix: String, in effective: EffectiveConfiguration
    ) -> [Row] {
        settings.map { setting in
            let key = prefix + setting.key
            return Row(
                key: key, kind: setting.kind, value: setting.read(target), origin: effective.origin(of: key),
                change: setting.change)
        }
    }

    private static func json(_ value: SettingValue) -> String {
        switch value {
        case .number(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        case .text(let text): EscapedText.quoted(text)
        case .list(let words): "[" + words.map(EscapedText.quoted).joined(separator: ",") + "]"
        }
    }
}

extension SettingKind {
    /// `value` as a line of the file writes it.
    func toml(_ value: SettingValue) -> String {
        switch (self, value) {
        case (.bytes, .number(let number)): Self.quotedQuantity(ByteSize.text(number), number)
        case (.seconds, .number(let number)): Self.quotedQuantity(TimeSpan.text(number), number)
        case (_, .number(let number)): "\(number)"
        case (_, .boolean(let flag)): "\(flag)"
        case (_, .text(let text)): EscapedText.quoted(text)
        case (_, .list(let words)): "[\(Self.quoted(words))]"
        }
    }

    private static func quotedQuantity(_ text: String, _ number: Int) -> String {
        text == "\(number)" ? text : "\"\(text)\""
    }
}

extension ChangeEffect {
    /// For a column headed *A change is*.
    var description: String {
        switch self {
        case .live: "live"
        case .newConnections: "for new connections"
        case .restart: "after a restart"
        }
    }
}
