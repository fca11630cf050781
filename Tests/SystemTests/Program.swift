import Foundation

/// What did not happen in time, with what was seen instead.
struct Overdue: Error, CustomStringConvertible {
    let description: String
}

/// Far enough away for a slow machine; a test that comes to it has failed.
let patience: TimeInterval = 30

/// A process with everything it has written so far.
final class Program: Sendable {
    private let process: ProcessBox
    let output = Transcript()
    let errors = Transcript()

    /// - Parameter executable: a path, or a name to look for as the shell does
    init(_ executable: String, _ arguments: [String], directory: URL = Project.root) throws {
        let process = Process()
        let isPath = executable.contains("/")
        process.executableURL = URL(fileURLWithPath: isPath ? executable : "/usr/bin/env")
        process.arguments = isPath ? arguments : [executable] + arguments
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.pipe
        process.standardError = errors.pipe
        self.process = ProcessBox(process)
        try self.process.start()
        output.follow()
        errors.follow()
    }

    deinit { process.send(SIGKILL) }

    var identifier: Int32 { process.identifier }

    func send(_ signal: Int32) { process.send(signal) }

    /// The exit status; of a signal, 128 and its number.
    @discardableResult
    func waitForExit(within seconds: TimeInterval = patience) throws -> Int32 {
        guard let status = process.wait(within: seconds) else {
            throw Overdue(description: "still running; it wrote: \(output.text) \(errors.text)")
        }
        try output.waitForEnd()
        try errors.waitForEnd()
        return status
    }
}

/// A process, whose end can be waited for from any thread.
private final class ProcessBox: @unchecked Sendable {
    private let process: Process
    private let condition = NSCondition()
    private var status: Int32?

    init(_ process: Process) { self.process = process }

    var identifier: Int32 { process.processIdentifier }

    func start() throws {
        process.terminationHandler = { [weak self] ended in
            self?.ended(ended.terminationReason == .exit ? ended.terminationStatus : 128 + ended.terminationStatus)
        }
        try process.run()
    }

    private func ended(_ status: Int32) {
        condition.withLock {
            self.status = status
            condition.broadcast()
        }
    }

    func send(_ signal: Int32) {
        condition.withLock {
            if status == nil { kill(process.processIdentifier, signal) }
        }
    }

    func wait(within seconds: TimeInterval) -> Int32? {
        let deadline = Date(timeIntervalSinceNow: seconds)
        return condition.withLock {
            while status == nil, condition.wait(until: deadline) {}
            return status
        }
    }
}

/// What a process writes into one of its streams, as it comes.
final class Transcript: @unchecked Sendable {
    fileprivate let pipe = Pipe()
    private let condition = NSCondition()
    private var bytes: [UInt8] = []
    private var hasEnded = false

    fileprivate func follow() {
        let reading = pipe.fileHandleForReading
        Thread.detachNewThread { [self] in
            while true {
                let more = reading.availableData
                condition.withLock {
                    bytes += more
                    hasEnded = more.isEmpty
                    condition.broadcast()
                }
                if more.isEmpty { return }
            }
        }
    }

    var text: String { condition.withLock { String(decoding: bytes, as: UTF8.self) } }

    /// Whole lines.
    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }

    /// Waits until `find` makes something of the lines there are.
    func wait<Found>(for what: String, within seconds: TimeInterval = patience, _ find: ([String]) -> Found?) throws -> Found {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while true {
            let (seen, ended) = condition.withLock { (bytes.count, hasEnded) }
            if let found = find(lines) { return found }
            let isOver = condition.withLock {
                while bytes.count == seen, !hasEnded, condition.wait(until: deadline) {}
                return bytes.count == seen && (ended || Date() >= deadline)
            }
            if isOver { throw Overdue(description: "no \(what) in: \(text.suffix(4_000))") }
        }
    }

    @discardableResult
    func waitForLine(_ part: String, within seconds: TimeInterval = patience) throws -> String {
        try wait(for: part, within: seconds) { $0.first { $0.contains(part) } }
    }

    fileprivate func waitForEnd() throws {
        let deadline = Date(timeIntervalSinceNow: patience)
        let ended = condition.withLock {
            while !hasEnded, condition.wait(until: deadline) {}
            return hasEnded
        }
        guard ended else { throw Overdue(description: "a stream stays open: \(text)") }
    }
}

enum Project {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Where the tests were built, and `martletd` with them: the folder of the test bundle in this process's memory.
    static let buildFolder: URL = {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let bundle = maps.split(separator: "\n").first { $0.hasSuffix("PackageTests.xctest") }?.drop { $0 != "/" }
        return bundle.map { URL(fileURLWithPath: String($0)).deletingLastPathComponent() } ?? root.appendingPathComponent(".build/debug")
    }()

    /// A folder of its own for one test.
    static func temporaryFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
