import Glibc
import MQTTClient
import MQTTOutbox
import MQTTTestServer
import Testing

@Suite("A client that starts again with the outbox of an earlier one", .timeLimit(.minutes(1)))
struct RestartTests {
    @Test("What was accepted without a connection is sent by the next client, in its order, whatever its QoS")
    func offline() async throws {
        let file = try TemporaryFile()
        let server = try MQTTTestServer()
        server.stop()
        var configuration = configuration(server, file)
        let first = MQTTClient(configuration)
        let run = Task { try await first.run() }
        for i in 0..<300 { try await first.enqueue("\(i)", to: "a", qos: QoS.allCases[i % 3]) }
        run.cancel()
        try await run.value

        try server.start()
        configuration.outboxStore = DiskOutbox(path: file.path)
        try await MQTTClient.withConnection(ClientConfiguration(host: server.host, port: server.port)) { reader in
            let messages = try await reader.subscribe(to: "a", qos: .exactlyOnce)
            try await MQTTClient.withConnection(configuration) { second in
                var seen: [String] = []
                for await message in messages {
                    seen.append(message.text)
                    if seen.count == 300 { break }
                }
                #expect(seen == (0..<300).map { "\($0)" })
                try await second.flush()
                #expect(second.outboxCount == 0)
            }
        }
    }

    @Test("More than fits in memory waits on disk only, and is sent in its order all the same")
    func spilled() async throws {
        let file = try TemporaryFile()
        let server = try MQTTTestServer()
        var configuration = configuration(server, file)
        configuration.outbox.bytesInMemory = 2_000
        configuration.inFlight = 10
        try await MQTTClient.withConnection(ClientConfiguration(host: server.host, port: server.port)) { reader in
            let messages = try await reader.subscribe(to: "a", qos: .exactlyOnce)
            let client = MQTTClient(configuration)
            async let run: Void = client.run()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<20 {
                    group.addTask { for i in 0..<100 { try await client.enqueue("\(task) \(i)", to: "a", qos: .exactlyOnce) } }
                }
                try await group.waitForAll()
            }
            var next = [Int](repeating: 0, count: 20)
            var count = 0
            for await message in messages {
                let parts = message.text.split(separator: " ").compactMap { Int($0) }
                #expect(parts[1] == next[parts[0]])
                next[parts[0]] += 1
                count += 1
                if count == 2_000 { break }
            }
            await client.disconnect()
            try await run
        }
    }

    @Test("Two clients do not share one outbox: the second is told who has it")
    func twoAtOnce() async throws {
        let file = try TemporaryFile()
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(configuration(server, file)) { first in
            let error = await #expect(throws: MQTTClientError.self) { try await MQTTClient(configuration(server, file)).run() }
            #expect(error.map { "\($0)".contains(file.path) } == true)
            _ = try await first.ping()
        }
    }

    private func configuration(_ server: MQTTTestServer, _ file: TemporaryFile) -> ClientConfiguration {
        var configuration = ClientConfiguration(host: server.host, port: server.port, clientID: "sensor")
        configuration.session = .kept(seconds: 3_600)
        configuration.reconnection.firstDelay = .milliseconds(5)
        configuration.reconnection.longestDelay = .milliseconds(50)
        configuration.outboxStore = DiskOutbox(path: file.path)
        return configuration
    }
}

/// A file's path in a folder that goes with it.
private final class TemporaryFile: Sendable {
    let path: String
    private let folder: String

    init() throws {
        var template = Array("/tmp/martlet-outbox-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        path = folder + "/outbox"
    }

    deinit {
        for name in ["outbox", "outbox.lock", "outbox-lock"] { unlink(folder + "/" + name) }
        rmdir(folder)
    }
}
