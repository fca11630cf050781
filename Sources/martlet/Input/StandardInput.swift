import Glibc

/// What comes on standard input, or is in another file that is open, line by line.
struct StandardInput {
    private let descriptor: Int32
    private let name: String
    private var buffer: [UInt8] = []
    /// Where the next line begins.
    private var position = 0
    private var hasEnded = false
    /// Bytes of whole lines handed out.
    private(set) var bytesRead = 0

    init(_ descriptor: Int32 = STDIN_FILENO, name: String = "standard input") {
        self.descriptor = descriptor
        self.name = name
    }

    /// The bytes of a file that standard input is; nil: it is something else, whose length nobody knows.
    static var fileSize: Int? { StandardInput().fileSize }

    /// The bytes of the file that it is; nil: it is something else.
    var fileSize: Int? {
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(information.st_size)
    }

    /// The next line without its end; nil: there is none, or the task was cancelled.
    mutating func nextLine() async throws(Failure) -> [UInt8]? {
        var searched = position
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) { return take(upTo: end, ending: 1) }
            if hasEnded { return position < buffer.count ? take(upTo: buffer.count, ending: 0) : nil }
            buffer.removeSubrange(..<position)
            position = 0
            searched = buffer.count
            guard let bytes = try await File.read(descriptor, name: name) else { return nil }
            hasEnded = bytes.isEmpty
            buffer += bytes
        }
    }

    private mutating func take(upTo end: Int, ending: Int) -> [UInt8] {
        defer {
            bytesRead += end + ending - position
            position = end + ending
        }
        return Array(buffer[position..<end])
    }
}
