import Foundation

/// The built command line client.
enum Martlet {
    static let path = Project.buildFolder.appendingPathComponent("martlet").path

    /// Starts it towards a broker of this machine.
    static func start(_ port: UInt16, _ arguments: [String]) throws -> Program {
        try Program(path, arguments + ["-h", "127.0.0.1", "-p", "\(port)"])
    }

    /// Runs it to its end.
    @discardableResult
    static func run(_ port: UInt16, _ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let program = try start(port, arguments)
        return (try program.waitForExit(), program.output.text, program.errors.text)
    }

    /// Runs `martlet` as a line of the shell, with pipes, files and variables; `$martlet` is the command.
    @discardableResult
    static func shell(_ port: UInt16, _ line: String) throws -> (status: Int32, output: String, errors: String) {
        let variables = ["martlet=\(path)", "MARTLET_PORT=\(port)", "MARTLET_HOST=127.0.0.1"]
        let program = try Program("env", variables + ["bash", "-c", line])
        return (try program.waitForExit(), program.output.text, program.errors.text)
    }

    /// Starts `martlet sub`, and returns when it is subscribed.
    static func subscriber(_ port: UInt16, _ arguments: [String]) throws -> Program {
        let program = try start(port, ["sub", "--debug"] + arguments)
        try program.errors.waitForLine("subscribed to")
        return program
    }
}
