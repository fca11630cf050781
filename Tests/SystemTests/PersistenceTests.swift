import Foundation
import Testing

@Suite("What martletd keeps in its data directory")
struct PersistenceTests {
    private let data: DataDirectory

    init() throws { data = try DataDirectory() }

    private static let sleepers = 6
    private static let messages = 4

    private func prepare(_ broker: Martletd) throws {
        for i in 0..<Self.sleepers {
            try data.leaveSession("sleeper \(i)", subscribedTo: "jobs/\(i)/#", qos: UInt8(1 + i % 2), on: broker)
        }
        let publisher = try WireClient(port: broker.port)
        try publisher.open("publisher")
        var id: UInt8 = 0
        for i in 0..<Self.sleepers {
            for n in 0..<Self.messages {
                id += 1
                try publisher.send(WireClient.publish("jobs/\(i)/\(n)", qos: UInt8(1 + n % 2), id: id, Array("job \(n)".utf8)))
            }
            id += 1
            try publisher.send(WireClient.publish("state/\(i)", qos: 1, id: id, retain: true, Array("state \(i)".utf8)))
        }
        try publisher.converse(messages: 0, completed: Self.sleepers * (Self.messages + 1))
    }

    private func check(_ broker: Martletd) throws {
        for i in 0..<Self.sleepers {
            let client = try WireClient(port: broker.port)
            #expect(try client.open("sleeper \(i)", clean: false, expiry: 200)?[2] == 1, "the session is there")
            let heard = try client.converse(messages: Self.messages, completed: 0)
            #expect(heard.map(\.topic) == (0..<Self.messages).map { "jobs/\(i)/\($0)" })
            #expect(heard.map(\.payload) == (0..<Self.messages).map { Array("job \($0)".utf8) })
            // It has heard of all acknowledgements when it answers this.
            try client.send([0xC0, 0])
            #expect(try client.next() == [0xD0, 0])
        }
        let reader = try WireClient(port: broker.port)
        try reader.open("reader")
        try reader.subscribe("state/#", qos: 0)
        let states = try reader.converse(messages: Self.sleepers, completed: 0)
        #expect(Set(states.map { String(decoding: $0.payload, as: UTF8.self) }) == Set((0..<Self.sleepers).map { "state \($0)" }))
    }

    @Test(
        "Sessions, what waits for them and Retained Messages are there after its end and after kill -9, whatever the loops before and after",
        arguments: [SIGTERM, SIGKILL], [[1, 1], [2, 2], [1, 3], [3, 1]])
    func restart(signal: Int32, loops: [Int]) throws {
        var broker = try data.start(loops: loops[0])
        try prepare(broker)
        #expect(try broker.end(signal) == (signal == SIGTERM ? 0 : 128 + SIGKILL))
        broker = try data.start(loops: loops[1])
        try check(broker)
        try broker.end(SIGTERM)
        // What clients have acknowledged is not sent a second time: no promise waits for that, so that a crash may.
        broker = try data.start(loops: loops[0])
        for i in 0..<Self.sleepers {
            let client = try WireClient(port: broker.port)
            #expect(try client.open("sleeper \(i)", clean: false, expiry: 200)?[2] == 1)
            try client.send([0xC0, 0])
            #expect(try client.next() == [0xD0, 0])
        }
    }

    @Test("relaxed, an end in order keeps everything; with --no-data nothing is kept and nothing written")
    func durabilities() throws {
        var broker = try data.start(["--durability", "relaxed"])
        try prepare(broker)
        #expect(try broker.end(SIGTERM) == 0)
        broker = try data.start(["--durability", "relaxed"])
        try check(broker)
        try broker.end(SIGTERM)
        let before = FileManager.default.contents(atPath: data.store)
        broker = try Martletd(["--no-data"], configuration: "[persistence]\ndirectory = \"\(data.path)\"\n")
        let client = try WireClient(port: broker.port)
        #expect(try client.open("sleeper 0", clean: false, expiry: 200)?[2] == 0)
        try broker.end(SIGTERM)
        #expect(FileManager.default.contents(atPath: data.store) == before)
    }

    @Test("A second one on the same directory ends with status 1 and says who has it; the first goes on")
    func second() throws {
        let broker = try data.start()
        let refusal = try data.refusal()
        #expect(refusal.status == 1)
        let words = "\(data.store) is in use by process \(broker.program.identifier) (martletd); one process at a time may have it"
        #expect(refusal.errors.contains(words), "\(refusal.errors)")
        try prepare(broker)
    }

    @Test("A damaged store is set aside with a line that says so, or refused with status 1")
    func damaged() throws {
        try prepare(try data.start())
        var bytes = try #require(FileManager.default.contents(atPath: data.store))
        for page in 2..<bytes.count / 4_096 { bytes[page * 4_096 + 10] ^= 0x55 }
        try bytes.write(to: URL(fileURLWithPath: data.store))
        let file = data.path + ".toml"
        try "[persistence]\ndamaged_store = \"refuse\"\n".write(toFile: file, atomically: true, encoding: .utf8)
        let refusal = try data.refusal(["--config", file])
        #expect(refusal.status == 1)
        #expect(refusal.errors.contains("\(data.store) is damaged"), "\(refusal.errors)")
        #expect(FileManager.default.contents(atPath: data.store) == bytes)

        let broker = try data.start()
        let event = try broker.waitForEvent("store_set_aside")
        let aside = try #require(event["kept_as"] as? String)
        #expect(FileManager.default.contents(atPath: aside) == bytes)
        #expect((event["lost"] as? String)?.contains("starts with an empty store") == true)
        #expect((event["hint"] as? String)?.contains("martlet doctor") == true)
        let client = try WireClient(port: broker.port)
        #expect(try client.open("sleeper 0", clean: false, expiry: 200)?[2] == 0)
        try prepare(broker)
        try broker.end(SIGKILL)
        try check(try data.start())
    }

    @Test("A directory that cannot be ends it with status 1 and says why", arguments: ["", "/data", "/none/data"])
    func impossible(suffix: String) throws {
        let file = data.path
        try "text".write(toFile: file, atomically: true, encoding: .utf8)
        let program = try Program(Martletd.path, ["--port", "0", "--data", file + suffix])
        #expect(try program.waitForExit() == 1)
        #expect(program.errors.text.contains("martletd: \(file)") && program.errors.text.contains("no directory"), "\(program.errors.text)")
    }

    @Test("A directory another user owns ends it with status 1 and says who needs what", .enabled(if: PersistenceTests.canBeNobody))
    func permissions() throws {
        try FileManager.default.createDirectory(atPath: data.path, withIntermediateDirectories: true)
        #expect(chmod(data.path, 0o755) == 0)
        let program = try Program("setpriv", Self.nobody + [Martletd.path, "--port", "0", "--data", data.path])
        #expect(try program.waitForExit() == 1)
        let words = "permission denied; the user of this process needs to read and write the file"
        #expect(program.errors.text.contains(words), "\(program.errors.text)")
    }

    @Test("A file system mounted read-only ends it with status 1 and says so", .enabled(if: PersistenceTests.canMount))
    func readOnly() throws {
        try data.start().end(SIGTERM)
        let line = Self.mount + #" && exec "$2" --port 0 --data "$1""#
        let program = try Program("unshare", ["--mount", "sh", "-c", line, "sh", data.path, Martletd.path])
        #expect(try program.waitForExit() == 1)
        #expect(program.errors.text.contains("the file system is mounted read-only; mount it for writing"), "\(program.errors.text)")
    }

    private static let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]

    /// Whether this user may become another one, who reaches the program.
    private static let canBeNobody = geteuid() == 0 && succeeds("setpriv", nobody + [Martletd.path, "--version"])

    private static let mount = #"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1""#
    /// Whether this user may mount.
    private static let canMount = succeeds("unshare", ["--mount", "sh", "-c", mount, "sh", FileManager.default.temporaryDirectory.path])

    private static func succeeds(_ executable: String, _ arguments: [String]) -> Bool {
        guard let program = try? Program(executable, arguments) else { return false }
        return (try? program.waitForExit()) == 0
    }
}
