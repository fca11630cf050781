import Foundation

/// Clients nobody here wrote. `scripts/setup test` installs them: one that is missing is a failure, not a skipped test.
enum ForeignClients {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// mosquitto_sub, subscribed; each message is a line that begins with `>`.
    static func mosquittoSubscriber(_ broker: Martletd, _ arguments: [String], format: String = "> %t %q %r %p") throws -> Program {
        // Its debug lines tell when it is subscribed; they come at once only when lines are written as they are.
        let program = try Program(
            "stdbuf", ["-oL", find("mosquitto_sub"), "-h", "127.0.0.1", "-p", "\(broker.port)", "-d", "-F", format] + arguments)
        do {
            try program.output.waitForLine("Subscribed (mid")
        } catch {
            throw Missing(description: "mosquitto_sub \(arguments): \(error) \(program.errors.text)")
        }
        return program
    }

    static func mosquittoPublish(_ broker: Martletd, _ arguments: [String]) throws {
        let program = try Program(find("mosquitto_pub"), ["-h", "127.0.0.1", "-p", "\(broker.port)"] + arguments)
        try expectSuccess(program, "mosquitto_pub \(arguments.joined(separator: " ").prefix(200))")
    }

    /// Runs a script of `Clients` with the libraries of scripts/python-requirements.txt.
    static func python(_ script: String, _ arguments: [String]) throws -> Program {
        let interpreter = Project.root.appendingPathComponent(".build/python/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: interpreter) else {
            throw Missing(description: "no \(interpreter): run scripts/setup test")
        }
        return try Program(interpreter, ["-B", clients.appendingPathComponent(script).path] + arguments)
    }

    /// Compiles the program that uses Paho C, and runs it.
    static func pahoC(_ arguments: [String], in folder: URL) throws {
        let binary = folder.appendingPathComponent("paho_c").path
        let compiler = try Program(
            "clang", ["-Wall", "-Werror", "-o", binary, clients.appendingPathComponent("paho_c.c").path, "-lpaho-mqtt3c"])
        try expectSuccess(compiler, "clang paho_c.c; is libpaho-mqtt-dev there? run scripts/setup test")
        try expectSuccess(Program(binary, arguments), "paho_c \(arguments)")
    }

    static func expectSuccess(_ program: Program, _ what: String) throws {
        let status = try program.waitForExit(within: 60)
        guard status == 0 else { throw Missing(description: "\(what): \(status)\n\(program.output.text)\n\(program.errors.text)") }
    }

    private static let clients = Project.root.appendingPathComponent("Tests/SystemTests/Clients")

    private static func find(_ name: String) throws -> String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") { return "\(folder)/\(name)" }
        throw Missing(description: "no \(name): run scripts/setup test")
    }
}

extension Program {
    /// The messages mosquitto_sub has printed.
    func waitForMessages(_ count: Int) throws -> [String] {
        try output.wait(for: "\(count) messages") { lines in
            let messages = lines.filter { $0.hasPrefix("> ") }.map { String($0.dropFirst(2)) }
            return messages.count >= count ? messages : nil
        }
    }
}
