/// When a changed value takes effect after the file was read again.
public enum ChangeEffect: String, Hashable, Sendable, CaseIterable {
    case live
    case newConnections = "new connections"
    case restart
}

/// One key of the configuration: how it is written, what it means, and where its value lies in `Target`.
///
/// Parsing, printing, hints, the difference of two configurations and the documentation all come from the lists of these.
struct Setting<Target>: Sendable {
    /// The dotted path in the file; for listeners, inside one `[[listener]]`.
    let key: String
    let kind: SettingKind
    let change: ChangeEffect
    let documentation: String
    /// What the documentation shows instead of a default that depends on the machine.
    var example: SettingValue?
    let read: @Sendable (Target) -> SettingValue
    let write: @Sendable (inout Target, SettingValue) -> Void
}

extension Setting {
    typealias Path<Value> = WritableKeyPath<Target, Value> & Sendable

    static func count(
        _ key: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ change: ChangeEffect, _ documentation: String
    ) -> Setting { number(key, path, .count(range), change, documentation) }

    static func bytes(
        _ key: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ change: ChangeEffect, _ documentation: String
    ) -> Setting { number(key, path, .bytes(range), change, documentation) }

    static func seconds(
        _ key: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ change: ChangeEffect, _ documentation: String
    ) -> Setting { number(key, path, .seconds(range), change, documentation) }

    static func boolean(_ key: String, _ path: Path<Bool>, _ change: ChangeEffect, _ documentation: String) -> Setting {
        Setting(
            key: key, kind: .boolean, change: change, documentation: documentation,
            read: { .boolean($0[keyPath: path]) },
            write: { if case .boolean(let flag) = $1 { $0[keyPath: path] = flag } })
    }

    static func text(
        _ key: String, _ path: Path<String>, _ kind: SettingKind, _ change: ChangeEffect, _ documentation: String
    ) -> Setting {
        Setting(
            key: key, kind: kind, change: change, documentation: documentation,
            read: { .text($0[keyPath: path]) },
            write: { if case .text(let text) = $1 { $0[keyPath: path] = text } })
    }

    static func choice<Word: RawRepresentable<String> & CaseIterable & SendableMetatype>(
        _ key: String, _ path: Path<Word>, _ change: ChangeEffect, _ documentation: String
    ) -> Setting {
        Setting(
            key: key, kind: .choice(Word.allCases.map(\.rawValue)), change: change, documentation: documentation,
            read: { .text($0[keyPath: path].rawValue) },
            write: {
                if case .text(let text) = $1, let word = Word(rawValue: text) { $0[keyPath: path] = word }
            })
    }

    private static func number(
        _ key: String, _ path: Path<Int>, _ kind: SettingKind, _ change: ChangeEffect, _ documentation: String
    ) -> Setting {
        Setting(
            key: key, kind: kind, change: change, documentation: documentation,
            read: { .number($0[keyPath: path]) },
            write: { if case .number(let number) = $1 { $0[keyPath: path] = number } })
    }
}
