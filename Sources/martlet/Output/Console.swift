import Glibc

/// Standard output and standard error, without a buffer between: what is written can be read.
enum Console {
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1
    /// Colours only for eyes that want them (no-color.org).
    static let outputHasColour = outputIsTerminal && getenv("NO_COLOR").map { $0.pointee == 0 } != false

    static func write(_ text: String) throws(Failure) { try write(Array(text.utf8)) }

    /// Throws `Failure.outputClosed` when nobody reads any more.
    static func write(_ bytes: [UInt8]) throws(Failure) {
        guard let problem = put(bytes, on: STDOUT_FILENO) else { return }
        throw problem == EPIPE ? .outputClosed : Failure(.failed, "standard output: \(String(cString: strerror(problem)))")
    }

    /// One line for people, on standard error.
    static func complain(_ line: String) { _ = put(Array("martlet: \(line)\n".utf8), on: STDERR_FILENO) }

    /// Without a line of its own: for what is drawn over.
    static func draw(_ text: String) { _ = put(Array(text.utf8), on: STDERR_FILENO) }

    /// The system's number of what went wrong.
    private static func put(_ bytes: [UInt8], on descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                if count < 0, errno == EINTR { continue }
                if count < 0 { return errno }
                done += count
            }
            return nil
        }
    }
}

extension Console {
    /// Rows and columns of the terminal.
    static var screen: (rows: Int, columns: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return (24, 80) }
        return (Int(size.ws_row), Int(size.ws_col))
    }
}
