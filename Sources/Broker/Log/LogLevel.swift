/// How much an event matters to whoever runs the broker.
public enum LogLevel: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    case error, warning, notice, info, debug

    /// The more a level matters, the smaller it is.
    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }

    /// The word of the configuration and of the log lines.
    public var name: String {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .notice: "notice"
        case .info: "info"
        case .debug: "debug"
        }
    }
}

/// The form of log lines.
public enum LogFormat: String, Hashable, Sendable, CaseIterable {
    /// Text on a terminal, JSON lines otherwise.
    case auto, text, json
}
