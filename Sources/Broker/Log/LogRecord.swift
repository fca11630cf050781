import Glibc

/// One event with the moment it happened, not yet a line.
struct LogRecord: Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    let wallNanoseconds: Int64
    let level: LogLevel
    let event: LogEvent
    let fields: [LogField]

    /// `{"time":"…","level":"notice","event":"client_refused","client":"a"}` and a line feed.
    var json: String {
        var members = [("time", "\"\(timestamp)\""), ("level", "\"\(level.name)\""), ("event", "\"\(event.rawValue)\"")]
        for field in fields { members.append((field.name, field.json)) }
        return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}\n"
    }

    /// `2026-03-01T12:00:00.250Z notice  client_refused client=a reason="not authorized"` and a line feed.
    func text(coloured: Bool) -> String {
        let padding = String(repeating: " ", count: LogLevel.longestName - level.name.count)
        let name = coloured ? level.colour + level.name + "\u{1B}[0m" : level.name
        return "\(timestamp) \(name)\(padding) \(event.rawValue)" + fields.map { " \($0.name)=\($0.text)" }.joined() + "\n"
    }

    /// RFC 3339, UTC, milliseconds.
    private var timestamp: String {
        var seconds = time_t(wallNanoseconds / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [Self.digits(Int(parts.tm_year) + 1900, 4), Self.digits(Int(parts.tm_mon) + 1), Self.digits(Int(parts.tm_mday))]
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Self.digits(Int($0)) }
        let milliseconds = Self.digits(Int(wallNanoseconds / 1_000_000 % 1_000), 3)
        return "\(date.joined(separator: "-"))T\(time.joined(separator: ":")).\(milliseconds)Z"
    }

    private static func digits(_ number: Int, _ count: Int = 2) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}

extension LogField {
    fileprivate var json: String {
        switch value {
        case .text(let text): EscapedText.quoted(text)
        case .number(let number): "\(number)"
        }
    }

    fileprivate var text: String {
        switch value {
        case .text(let text): EscapedText.quotedIfNeeded(text)
        case .number(let number): "\(number)"
        }
    }
}

extension LogLevel {
    fileprivate static let longestName = allCases.map(\.name.count).max() ?? 0

    fileprivate var colour: String {
        switch self {
        case .error: "\u{1B}[31m"
        case .warning: "\u{1B}[33m"
        case .notice: "\u{1B}[32m"
        case .info: "\u{1B}[36m"
        case .debug: "\u{1B}[2m"
        }
    }
}
