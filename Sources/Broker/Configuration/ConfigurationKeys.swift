/// The names a file may use.
enum ConfigurationKeys {
    /// Tables that hold settings of the broker: `limits`, `log` and so on, in the order of the documentation.
    static let tables: [String] = BrokerSettings.all.compactMap { table(of: $0.key) }
        .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }

    /// Every key and table, as a hint may name it.
    static let all: [String] =
        BrokerSettings.all.map(\.key) + tables + ["listener"] + ListenerSettings.all.map { "listener." + $0.key }

    /// `limits.connections` lies in `limits`; nil: the key stands at the top.
    static func table(of key: String) -> String? { key.firstIndex(of: ".").map { String(key[..<$0]) } }

    /// How a file writes a key or table of `all`: `"loops"`, `[limits]`, or `"connections", under [limits]`.
    static func asWritten(_ key: String) -> String {
        if key == "listener" { return "[[listener]]" }
        if tables.contains(key) { return "[\(key)]" }
        return "\"\(name(of: key))\"" + (table(of: key).map { ", under \(asWritten($0))" } ?? "")
    }

    /// `connections` of `limits.connections`.
    static func name(of key: String) -> String { key.split(separator: ".").last.map(String.init) ?? key }
}
