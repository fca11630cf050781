import MQTTTestServer
import Testing

@testable import MQTTClient

@Suite("The lifetime of a client", .timeLimit(.minutes(1)))
struct LifetimeTests {
    @Test("Cancelling run ends everything that waits, says DISCONNECT, and leaves nothing behind")
    func cancellation() async throws {
        let server = try MQTTTestServer()
        weak var leaked: MQTTClient?
        do {
            let client = MQTTClient(server.configuration)
            leaked = client
            let run = Task { try await client.run() }
            let messages = try await client.subscribe(to: "a")
            let reader = Task {
                var count = 0
                for await _ in messages { count += 1 }
                return count
            }
            run.cancel()
            try await run.value
            #expect(await reader.value == 0)
            await #expect(throws: MQTTClientError.stopped) { try await client.publish("x", to: "a") }
            await #expect(throws: MQTTClientError.stopped) { try await client.subscribe(to: "a") }
            await #expect(throws: MQTTClientError.stopped) { try await client.ping() }
        }
        #expect(leaked == nil)
    }

    @Test("A client that was never run can be disconnected, and is over")
    func neverRun() async throws {
        let client = MQTTClient(ClientConfiguration(host: "127.0.0.1"))
        let publishing = Task { try await client.publish("x", to: "a") }
        while client.outboxCount == 0 { await Task.yield() }
        await client.disconnect(flushing: .milliseconds(1))
        await #expect(throws: MQTTClientError.stopped) { try await publishing.value }
        for await state in client.states { #expect(state == .stopped(nil)) }
        // Whoever was about to run it has nothing to do.
        try await client.run()
    }

    @Test("A client that was never run keeps no more than its outbox holds", arguments: OutboxLimits.WhenFull.allCases)
    func bounded(whenFull: OutboxLimits.WhenFull) async throws {
        var configuration = ClientConfiguration(host: "127.0.0.1")
        configuration.outbox.messages = 10
        configuration.outbox.whenFull = whenFull
        let client = MQTTClient(configuration)
        let publishers = (0..<20).map { i in Task { try await client.enqueue("\(i)", to: "a") } }
        while client.outboxCount < 10 { await Task.yield() }
        for publisher in publishers where whenFull == .refuse { _ = await publisher.result }
        for _ in 0..<1_000 { await Task.yield() }
        #expect(client.outboxCount == 10)
        await client.disconnect(flushing: .zero)
    }

    @Test("A client that was never run and is dropped ends its states and its messages")
    func dropped() async throws {
        var client: MQTTClient? = MQTTClient(ClientConfiguration(host: "127.0.0.1"))
        let states = try #require(client?.states)
        let messages = try #require(client?.unclaimedMessages())
        client = nil
        for await _ in states {}
        for await _ in messages {}
    }

    @Test("Messages that are read after the end of their client do not bring it back to life")
    func readAfterTheEnd() async throws {
        let server = try MQTTTestServer()
        weak var leaked: ClientInbox?
        try await MQTTClient.withConnection(server.configuration) { writer in
            var configuration = server.configuration
            configuration.bufferedMessages = 1
            let client = MQTTClient(configuration)
            leaked = client.inbox
            async let run: Void = client.run()
            let messages = try await client.subscribe(to: "a", qos: .atMostOnce)
            for i in 0..<3 { try await writer.publish("\(i)", to: "a", qos: .atMostOnce) }
            while messages.waitingMessages < 2 { await Task.yield() }
            await client.disconnect()
            try await run
            for await _ in messages {}
            // The loop has had a turn for everybody who was before.
            _ = try await writer.ping()
        }
        #expect(leaked == nil)
    }

    @Test("A cancelled publish stops waiting; its message is sent all the same")
    func cancelledPublish() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            let messages = try await client.subscribe(to: "a")
            server.stop()
            let publishing = Task { try await client.publish("x", to: "a") }
            while client.outboxCount == 0 { await Task.yield() }
            publishing.cancel()
            await #expect(throws: MQTTClientError.cancelled) { try await publishing.value }
            try server.start()
            #expect(try await texts(of: messages, 1) == ["x"])
        }
    }

    @Test("A cancelled reader gets nil, and its subscription ends")
    func cancelledReader() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            let messages = try await client.subscribe(to: "a")
            let reader = Task { for await _ in messages {} }
            reader.cancel()
            await reader.value
            #expect(try await client.publish("x", to: "a") == .noMatchingSubscribers)
        }
    }

    @Test("withConnection gives back what its body gives, and throws what it throws, after DISCONNECT")
    func withConnection() async throws {
        struct Own: Error {}
        let server = try MQTTTestServer()
        #expect(try await MQTTClient.withConnection(server.configuration) { _ in 7 } == 7)
        await #expect(throws: Own.self) { try await MQTTClient.withConnection(server.configuration) { _ in throw Own() } }
    }

    @Test("run is for once")
    func once() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            await #expect(throws: MQTTClientError.self) { try await client.run() }
        }
    }

    @Test("A configuration that cannot work ends at once with the field's name")
    func configuration() async throws {
        var configuration = ClientConfiguration(host: "127.0.0.1")
        configuration.receiveMaximum = 0
        await #expect(throws: MQTTClientError.invalidArgument("receiveMaximum: expected 1 to 65,535, found 0")) {
            try await MQTTClient(configuration).run()
        }
    }

    @Test("A thousand clients share one process")
    func many() async throws {
        let server = try MQTTTestServer()
        try await withThrowingTaskGroup(of: String?.self) { group in
            for i in 0..<1_000 {
                group.addTask {
                    try await MQTTClient.withConnection(server.configuration) { client in
                        let messages = try await client.subscribe(to: "many/\(i)")
                        try await client.publish("\(i)", to: "many/\(i)")
                        return try await texts(of: messages, 1).first
                    }
                }
            }
            var sum = 0
            for try await text in group { sum += text.flatMap { Int($0) } ?? 0 }
            #expect(sum == 499_500)
        }
    }
}
