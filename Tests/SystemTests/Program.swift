import Foundation

/// A process with everything it has written so far.
final class Program: Sendable {
    private let process: ProcessBox
    let output = ProcessOutput()
    let errors = ProcessOutput()

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
