import Foundation

/// The built broker as a process, on a free port of this machine.
final class Martletd {
    let program: Program
    let port: UInt16
    private let folder: URL

    /// Returns when it listens.
    ///
    /// - Parameters:
    ///   - configuration: what its file says, but for the address
    ///   - loops: its event loops
    init(_ arguments: [String] = [], configuration: String = "", loops: Int = 1) throws {
        folder = try Project.temporaryFolder()
        let file = folder.appendingPathComponent("martletd.toml")
        try configuration.write(to: file, atomically: true, encoding: .utf8)
        program = try Program(
            Self.path,
            ["--config", file.path, "--port", "0", "--loops", "\(loops)"]
                + (arguments.contains("--log-level") ? [] : ["--log-level", "info"]) + arguments)
        port = try program.errors.wait(for: "listener_opened") { lines in
            let opened = lines.lazy.compactMap(Self.fields).first { $0["event"] as? String == "listener_opened" }
            return (opened?["port"] as? Int).flatMap { UInt16(exactly: $0) }
        }
    }

    deinit {
        program.send(SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    /// Another build of it, if the environment names one: the tests start processes, which the thread sanitizer does not let them do beside
    /// other threads.
    static let path =
        ProcessInfo.processInfo.environment["MARTLETD"] ?? Project.buildFolder.appendingPathComponent("martletd").path

    /// A line of the log as JSON.
    static func fields(_ line: String) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
    }

    func rewriteConfiguration(_ text: String) throws {
        try text.write(to: folder.appendingPathComponent("martletd.toml"), atomically: true, encoding: .utf8)
    }

    /// Waits for an event in the log.
    @discardableResult
    func waitForEvent(_ event: String, where matches: ([String: Any]) -> Bool = { _ in true }) throws -> [String: Any] {
        try program.errors.wait(for: event) { lines in
            lines.lazy.compactMap(Self.fields).first { $0["event"] as? String == event && matches($0) }
        }
    }

    /// Bytes: resident memory, and address space.
    var memory: (resident: Int, virtual: Int) {
        let status = (try? String(contentsOfFile: "/proc/\(program.identifier)/status", encoding: .utf8)) ?? ""
        func value(_ key: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
            return (line.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0) * 1_024
        }
        return (value("VmRSS:"), value("VmSize:"))
    }
}

/// A sanitizer keeps freed memory and reserves much: what is counted then is not the broker's.
let isSanitized: Bool = {
    let program = try? Data(contentsOf: URL(fileURLWithPath: Martletd.path), options: .mappedIfSafe)
    return ["__asan_init", "__tsan_init"].contains { program?.range(of: Data($0.utf8)) != nil }
}()
