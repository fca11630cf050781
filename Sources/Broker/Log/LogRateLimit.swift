/// Lets the first lines of an event in each second through and counts the rest, so that a flood of drops stays readable.
struct LogRateLimit: Sendable {
    enum Admission: Hashable {
        /// Write it, and say how many were left out since the last one.
        case write(suppressed: Int)
        case suppress
    }

    /// Lines of one event in one second.
    static let linesPerSecond = 10

    private struct Window {
        var start: Int64
        var written = 0
        var suppressed = 0
    }

    private var windows: [LogEvent: Window] = [:]

    /// Decides about one line at `now`, in nanoseconds; a clock that was set back starts a new second.
    mutating func admit(_ event: LogEvent, at now: Int64) -> Admission {
        guard event.isRateLimited else { return .write(suppressed: 0) }
        var window = windows[event] ?? Window(start: now)
        if Self.isOver(window.start, at: now) {
            window.start = now
            window.written = 0
        }
        defer { windows[event] = window }
        guard window.written < Self.linesPerSecond else {
            window.suppressed += 1
            return .suppress
        }
        window.written += 1
        defer { window.suppressed = 0 }
        return .write(suppressed: window.suppressed)
    }

    /// What was left out in seconds that are over and has not been said yet; `all` does not wait for their end.
    mutating func takeOverdue(at now: Int64, all: Bool = false) -> [(event: LogEvent, suppressed: Int)] {
        var overdue: [(event: LogEvent, suppressed: Int)] = []
        for event in LogEvent.allCases {
            guard let window = windows[event], window.suppressed > 0, all || Self.isOver(window.start, at: now) else { continue }
            overdue.append((event, window.suppressed))
            windows[event]?.suppressed = 0
        }
        return overdue
    }

    var hasSuppressed: Bool { windows.values.contains { $0.suppressed > 0 } }

    private static func isOver(_ start: Int64, at now: Int64) -> Bool { now < start || now - start >= 1_000_000_000 }
}
