import Foundation

/// Debian's broker as a process, on a port that was free a moment ago.
final class Mosquitto {
    let port: UInt16
    private let folder: URL
    private var program: Program

    /// - Parameter access: lines of its access list; nil: everybody may do everything
    init(anonymous: Bool = true, access: String? = nil) throws {
        folder = try Project.temporaryFolder()
        port = try Self.freePort()
        // Of thousands of messages that come faster than they are taken it would drop all but 1,000.
        var configuration = "listener \(port) 127.0.0.1\nallow_anonymous \(anonymous)\nmax_queued_messages 0\n"
        if let access {
            let file = folder.appendingPathComponent("access")
            try access.write(to: file, atomically: true, encoding: .utf8)
            configuration += "acl_file \(file.path)\n"
        }
        try configuration.write(to: folder.appendingPathComponent("mosquitto.conf"), atomically: true, encoding: .utf8)
        program = try Self.start(folder)
    }

    deinit {
        program.send(SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    /// Ends it without a goodbye.
    func kill() throws {
        program.send(SIGKILL)
        try program.waitForExit()
    }

    func startAgain() throws { program = try Self.start(folder) }

    private static func start(_ folder: URL) throws -> Program {
        // Debian keeps it where only root looks.
        let program = try Program(
            "env",
            ["PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/bin", "mosquitto", "-c", folder.appendingPathComponent("mosquitto.conf").path])
        try program.errors.waitForLine("running")
        return program
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let problem = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) != 0 || getsockname(descriptor, $0, &length) != 0
            }
        }
        guard !problem else { throw Overdue(description: "no free port: \(String(cString: strerror(errno)))") }
        return UInt16(bigEndian: address.sin_port)
    }
}
