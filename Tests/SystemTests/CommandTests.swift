import Foundation
import Testing

@Suite("martletd as a command")
struct CommandTests {
    /// Runs martletd to its end: status, standard output, standard error.
    private func run(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
        let program = try Program(Martletd.path, arguments)
        return (try program.waitForExit(), program.output.text, program.errors.text)
    }

    private func withFile(_ text: String, _ test: (String) throws -> Void) throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("martletd.toml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        try test(file.path)
    }

    @Test("--check-config accepts a file without errors, and says so")
    func checkConfiguration() throws {
        try withFile("[limits]\npacket_bytes = \"1MiB\"\n") { file in
            let result = try run("--config", file, "--check-config")
            #expect(result.status == 0)
            #expect(result.output.contains("no errors"))
        }
    }

    @Test("An unknown key ends with status 2, naming file, line and the nearest key", arguments: [["--check-config"], []])
    func unknownKey(flags: [String]) throws {
        try withFile("# bounds\n[limits]\npacket_byte = 7\n") { file in
            let program = try Program(Martletd.path, ["--config", file, "--port", "0"] + flags)
            #expect(try program.waitForExit() == 2)
            let errors = program.errors.text
            for part in [file, "3", "limits.packet_byte:", "\"packet_bytes\", under [limits]"] {
                #expect(errors.contains(part), "\(errors)")
            }
        }
    }

    @Test(
        "A wrong type and an impossible value end with status 2",
        arguments: ["limits.sessions = \"many\"", "limits.receive_maximum = 0", "= 1"])
    func wrongValue(text: String) throws {
        try withFile(text + "\n") { file in
            let result = try run("--config", file, "--check-config")
            #expect(result.status == 2)
            #expect(result.errors.contains(file))
        }
    }

    @Test("An unknown flag ends with status 2 and offers the nearest")
    func unknownFlag() throws {
        let result = try run("--prot", "1883")
        #expect(result.status == 2)
        #expect(result.errors.contains("--port"))
    }

    @Test("--print-config shows every value with its origin, as text and as JSON")
    func printConfiguration() throws {
        try withFile("[limits]\nsessions = 12\n") { file in
            let text = try run("--config", file, "--print-config", "--port", "1999")
            #expect(text.status == 0)
            #expect(text.output.split(separator: "\n").contains { $0.contains("sessions") && $0.contains("12") && $0.contains(file) })
            #expect(text.output.split(separator: "\n").contains { $0.contains("port") && $0.contains("1999") })
            let json = try run("--config", file, "--print-config", "--json")
            #expect(json.status == 0)
            #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is any Collection)
        }
    }

    @Test("--version and --help answer and end with status 0", arguments: ["--version", "--help"])
    func answers(flag: String) throws {
        let result = try run(flag)
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("martletd"))
    }

    @Test("A port that is taken ends with status 1 and names the address")
    func takenPort() throws {
        let broker = try Martletd()
        let result = try run("--port", "\(broker.port)")
        #expect(result.status == 1)
        #expect(result.errors.contains("127.0.0.1:\(broker.port)"), "\(result.errors)")
    }

    @Test("It prints its listeners and the two lines that show a first message")
    func banner() throws {
        let broker = try Martletd()
        try broker.program.output.waitForLine("mosquitto_pub -p \(broker.port)")
        try broker.program.output.waitForLine("anyone on this machine")
    }

    @Test("Where output and log are one terminal, what it prints stands in one piece before the log")
    func bannerBeforeLog() throws {
        let program = try Program("/bin/sh", ["-c", "exec '\(Martletd.path)' --port 0 --loops 2 2>&1"])
        try program.output.waitForLine("broker_started")
        let isLog = program.output.lines.map { Martletd.fields($0) != nil }
        let first = try #require(isLog.firstIndex(of: true))
        #expect(first > 0 && isLog[first...].allSatisfy { $0 }, "\(program.output.text)")
        #expect(program.output.lines[..<first].contains { $0.contains("mosquitto_pub") })
        program.send(SIGTERM)
        #expect(try program.waitForExit() == 0)
    }

    @Test(
        "SIGTERM and SIGINT: every client gets DISCONNECT 0x8B, and martletd ends with status 0", arguments: [SIGTERM, SIGINT], [1, 3])
    func stop(signal: Int32, loops: Int) throws {
        let broker = try Martletd(loops: loops)
        let clients = try (0..<50).map { i in
            let client = try WireClient(port: broker.port)
            try client.open("client-\(i)")
            return client
        }
        let began = Date()
        broker.program.send(signal)
        for client in clients {
            #expect(try client.next() == [0xE0, 1, 0x8B])
            #expect(try client.next() == nil)
        }
        #expect(try broker.program.waitForExit(within: 10) == 0)
        #expect(Date().timeIntervalSince(began) < 10)
    }

    @Test("SIGTERM ends within ten seconds also when a client does not read")
    func stopBesideDeafClient() throws {
        let broker = try Martletd()
        let deaf = try WireClient(port: broker.port, receiveBuffer: 4_096)
        try deaf.open("deaf")
        try deaf.send(WireClient.subscribe("noise", qos: 0))
        let loud = try WireClient(port: broker.port)
        try loud.open("loud")
        for _ in 0..<200 { try loud.send(WireClient.publish("noise", qos: 0, [UInt8](repeating: 0, count: 65_536))) }
        try loud.send([0xC0, 0])
        #expect(try loud.next() == [0xD0, 0])
        broker.program.send(SIGTERM)
        #expect(try broker.program.waitForExit(within: 10) == 0)
    }

    @Test("SIGHUP applies what can change and refuses what is wrong", arguments: [1, 3])
    func reload(loops: Int) throws {
        let broker = try Martletd(loops: loops)
        let before = try WireClient(port: broker.port)
        try before.open("before")
        try broker.rewriteConfiguration("[[listener]]\nanonymous = false\n[limits]\nsessions = 77\n")
        broker.program.send(SIGHUP)
        let event = try broker.waitForEvent("configuration_reloaded")
        #expect((event["live"] as? String)?.contains("limits.sessions") == true)
        // Whichever loop they belong to.
        for i in 0..<20 {
            let refused = try WireClient(port: broker.port)
            #expect(try refused.open("after-\(i)")?.dropFirst(3).first == 0x87)
        }
        try before.send([0xC0, 0])
        #expect(try before.next() == [0xD0, 0])
        try broker.rewriteConfiguration("[limits]\nsesions = 77\n")
        broker.program.send(SIGHUP)
        let problem = try broker.waitForEvent("configuration_refused")
        #expect((problem["reason"] as? String)?.contains("\"sessions\", under [limits]") == true)
        try before.send([0xC0, 0])
        #expect(try before.next() == [0xD0, 0])
    }

    @Test("A non-loopback address refuses anonymous clients and logs the key that would let them in")
    func nonLoopback() throws {
        let broker = try Martletd(["--bind", "0.0.0.0"])
        let client = try WireClient(port: broker.port)
        #expect(try client.open("stranger")?.dropFirst(3).first == 0x87)
        #expect(try client.next() == nil)
        let event = try broker.waitForEvent("client_refused")
        #expect((event["hint"] as? String)?.contains("listener.anonymous") == true)
        #expect((event["client"] as? String) == "stranger")
        #expect((event["address"] as? String)?.hasPrefix("127.0.0.1:") == true)
    }

    @Test("--anonymous opens a non-loopback address")
    func anonymous() throws {
        let broker = try Martletd(["--bind", "0.0.0.0", "--anonymous"])
        let client = try WireClient(port: broker.port)
        #expect(try client.open("stranger")?.dropFirst(3).first == 0)
    }

    @Test("Log lines in a pipe are JSON, each with time, level and event, and hold no payload or password")
    func log() throws {
        let broker = try Martletd(["--log-level", "debug"])
        let client = try WireClient(port: broker.port)
        let name = WireClient.string("MQTT") + [5, 0xC2, 0, 60, 0]
        let secrets = WireClient.string("someone") + WireClient.string("hidden-password")
        try client.send(WireClient.packet(0x10, name + WireClient.string("\"quoted\"") + secrets))
        #expect(try client.next()?.dropFirst(3).first == 0)
        try client.send(WireClient.publish("x", qos: 1, Array("hidden-payload".utf8)))
        _ = try client.next()
        try client.send([0x00, 0x00])
        #expect(try client.next() == [0xE0, 1, 0x81])
        try broker.waitForEvent("protocol_violated") { $0["client"] as? String == "\"quoted\"" }
        broker.program.send(SIGTERM)
        try broker.program.waitForExit()
        for line in broker.program.errors.lines {
            let fields = try #require(Martletd.fields(line), "\(line)")
            for key in ["time", "level", "event"] { #expect(fields[key] is String, "\(line)") }
        }
        #expect(!broker.program.errors.text.contains("hidden"))
    }
}
