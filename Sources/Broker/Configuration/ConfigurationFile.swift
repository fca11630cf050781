import Glibc

/// The bytes of a configuration file.
enum ConfigurationFile {
    /// A larger file is no configuration.
    static let maximumBytes = 1_048_576

    /// Reads the whole file at `path`; throws a problem of kind `unreadable`.
    static func read(_ path: String) throws(ConfigurationError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, because: systemError()) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while content.count <= maximumBytes {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, because: systemError()) }
            guard count > 0 else { return content }
            content += chunk[..<count]
        }
        throw unreadable(path, because: "it is larger than \(ByteSize.text(maximumBytes))")
    }

    private static func unreadable(_ path: String, because reason: String) -> ConfigurationError {
        let origin = ConfigurationOrigin.file(path: path, line: 0, column: 0)
        return ConfigurationError(problems: [ConfigurationProblem(.unreadable(reason), at: origin)])
    }

    private static func systemError() -> String { String(cString: strerror(errno)) }
}
