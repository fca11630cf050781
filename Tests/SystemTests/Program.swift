import Foundation

/// A process with everything it has written so far.
final class Program: Sendable {
    private let process: ChildProcess
    let output = ProcessOutput()
    let errors = ProcessOutput()

    /// - Parameter executable: a path, or a name to look for as the shell does
    init(_ executable: String, _ arguments: [String]) throws {
        process = try ChildProcess(executable, arguments, output: output, errors: errors)
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
