import MQTTClient
import MQTTTestServer
import Testing

@Suite("The outbox in memory", .timeLimit(.minutes(1)))
struct OutboxTests {
    @Test("Full, it lets the publisher wait until there is room")
    func waiting() async throws {
        let server = try MQTTTestServer()
        var configuration = server.configuration
        configuration.outbox.messages = 3
        let client = MQTTClient(configuration)
        let publishing = Task { for i in 0..<10 { try await client.enqueue("\(i)", to: "a") } }
        while client.outboxCount < 3 { await Task.yield() }
        #expect(client.outboxCount == 3)
        async let run: Void = client.run()
        try await publishing.value
        await client.disconnect()
        try await run
    }

    @Test("Full, it refuses when told to; it goes on when there is room again")
    func refusing() async throws {
        let server = try MQTTTestServer()
        var configuration = server.configuration
        configuration.outbox.messages = 3
        configuration.outbox.whenFull = .refuse
        let client = MQTTClient(configuration)
        for i in 0..<3 { try await client.enqueue("\(i)", to: "a") }
        await #expect(throws: MQTTClientError.outboxFull) { try await client.enqueue("3", to: "a") }
        async let run: Void = client.run()
        try await client.flush()
        try await client.enqueue("4", to: "a")
        await client.disconnect()
        try await run
    }

    @Test("Full, it drops the oldest when told to, and says so to its publisher")
    func dropping() async throws {
        let server = try MQTTTestServer()
        var configuration = server.configuration
        configuration.outbox.messages = 3
        configuration.outbox.whenFull = .dropOldest
        try await MQTTClient.withConnection(configuration) { client in
            var states = client.states.makeAsyncIterator()
            server.stop()
            while let state = await states.next() { if case .disconnected = state { break } }
            var publishers: [Task<ReasonCode, any Error>] = []
            for i in 0..<10 {
                publishers.append(Task { try await client.publish("\(i)", to: "a") })
                if i < 3 {
                    while client.outboxCount == i { await Task.yield() }
                } else {
                    await #expect(throws: MQTTClientError.dropped) { try await publishers[i - 3].value }
                }
            }
            try server.start()
            for publisher in publishers.suffix(3) { #expect(try await publisher.value == .noMatchingSubscribers) }
        }
    }

    @Test("Bytes are bounded as messages are")
    func bytes() async throws {
        var configuration = ClientConfiguration(host: "127.0.0.1")
        configuration.outbox.bytes = 1_000
        configuration.outbox.whenFull = .refuse
        let client = MQTTClient(configuration)
        try await client.enqueue([UInt8](repeating: 0, count: 900), to: "a")
        await #expect(throws: MQTTClientError.outboxFull) { try await client.enqueue([UInt8](repeating: 0, count: 900), to: "a") }
        #expect(client.outboxCount == 1)
    }

    @Test("A publisher that waits for room can be cancelled")
    func cancelled() async throws {
        var configuration = ClientConfiguration(host: "127.0.0.1")
        configuration.outbox.messages = 1
        let client = MQTTClient(configuration)
        try await client.enqueue("0", to: "a")
        let publishing = Task { try await client.enqueue("1", to: "a") }
        publishing.cancel()
        await #expect(throws: MQTTClientError.cancelled) { try await publishing.value }
    }
}
