import Glibc

/// Files and streams, read to their end.
enum File {
    /// More than any packet holds.
    private static let longest = 268_435_455

    static func contents(of path: String) async throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(.failed, "\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        return try await contents(of: descriptor, name: path)
    }

    static func contents(of descriptor: Int32, name: String) async throws(Failure) -> [UInt8] {
        var contents: [UInt8] = []
        while let bytes = try await read(descriptor, name: name), !bytes.isEmpty {
            contents += bytes
            if contents.count > longest { throw Failure(.failed, "\(name): larger than a message of MQTT can be (256 MiB)") }
        }
        return contents
    }

    /// What can be read now, waiting for at least a byte; empty at the end; nil when the task was cancelled.
    static func read(_ descriptor: Int32, name: String) async throws(Failure) -> [UInt8]? {
        let (bytes, problem) = await Blocking.run { readNow(descriptor) } ?? (nil, 0)
        guard problem == 0 else { throw Failure(.failed, "\(name): \(String(cString: strerror(problem)))") }
        return bytes
    }

    private static func readNow(_ descriptor: Int32) -> ([UInt8]?, problem: Int32) {
        var problem: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 262_144) { buffer, count in
            var result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            while result < 0, errno == EINTR { result = Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
            if result < 0 { problem = errno }
            count = max(0, result)
        }
        return (bytes, problem)
    }
}
