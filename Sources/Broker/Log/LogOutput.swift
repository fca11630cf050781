import Glibc

/// Where lines go.
struct LogOutput: Sendable {
    /// Whether people read along; decides what `auto` means.
    let isTerminal: Bool
    let usesColour: Bool
    /// Takes whole lines.
    let write: @Sendable (String) -> Void

    static var standardError: LogOutput {
        let isTerminal = isatty(STDERR_FILENO) == 1
        return LogOutput(isTerminal: isTerminal, usesColour: isTerminal && getenv("NO_COLOR") == nil) { lines in
            write(lines, to: STDERR_FILENO)
        }
    }

    func write(_ records: [LogRecord], as format: LogFormat) {
        guard !records.isEmpty else { return }
        let isText = format == .text || format == .auto && isTerminal
        write(records.map { isText ? $0.text(coloured: usesColour) : $0.json }.joined())
    }

    /// Gives up on what cannot be written: there is nowhere to say so.
    private static func write(_ lines: String, to descriptor: Int32) {
        var rest = Array(lines.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}
