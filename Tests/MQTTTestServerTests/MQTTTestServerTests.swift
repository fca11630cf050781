import MQTTClient
import MQTTTestServer
import Testing

@Suite("A broker for tests", .timeLimit(.minutes(1)))
struct MQTTTestServerTests {
    @Test("What is published at it arrives")
    func roundTrip() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(configuration(server)) { client in
            var messages = try await client.subscribe(to: "home/#").makeAsyncIterator()
            try await client.publish("21.5", to: "home/kitchen", qos: .exactlyOnce)
            let message = try #require(await messages.next())
            #expect(message.topic == "home/kitchen")
            #expect(message.text == "21.5")
        }
    }

    @Test("Two of them know nothing of each other")
    func several() async throws {
        let (one, other) = (try MQTTTestServer(), try MQTTTestServer())
        #expect(one.port != other.port)
        try await MQTTClient.withConnection(configuration(one)) { client in
            _ = try await client.publish("here", to: "place", retain: true)
        }
        try await MQTTClient.withConnection(configuration(other)) { client in
            var messages = try await client.subscribe(to: "place").makeAsyncIterator()
            try await client.publish("there", to: "place")
            #expect(await messages.next()?.text == "there")
        }
    }

    @Test("A client outlives its restart, which is on the same port and forgets everything")
    func restart() async throws {
        let server = try MQTTTestServer()
        let port = server.port
        try await MQTTClient.withConnection(configuration(server)) { client in
            var messages = try await client.subscribe(to: "news/#").makeAsyncIterator()
            try await client.publish("kept", to: "old", retain: true)
            try server.restart()
            #expect(server.port == port)
            var old = try await client.subscribe(to: ["old", "news/marker"]).makeAsyncIterator()
            try await client.publish("after", to: "news/marker")
            #expect(await old.next()?.topic == "news/marker")
            #expect(await messages.next()?.text == "after")
        }
    }

    @Test("While it is stopped nobody answers; what was queued meanwhile arrives when it is started")
    func stopped() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(configuration(server)) { client in
            server.stop()
            server.stop()
            for await case .disconnected in client.states { break }
            try await client.enqueue("waiting", to: "news", retain: true)
            #expect(client.outboxCount == 1)
            try server.start()
            try server.start()
            try await client.flush()
            var messages = try await client.subscribe(to: "news").makeAsyncIterator()
            #expect(await messages.next()?.text == "waiting")
        }
    }

    @Test("It stops when nothing refers to it any more")
    func end() async throws {
        let configuration = try await configurationOfServerThatIsGone()
        await #expect {
            try await MQTTClient.withConnection(configuration) { _ in }
        } throws: { error in
            if case MQTTClientError.unreachable = error { true } else { false }
        }
    }

    private func configurationOfServerThatIsGone() async throws -> ClientConfiguration {
        let server = try MQTTTestServer()
        var configuration = configuration(server)
        configuration.reconnection.maximumAttempts = 1
        try await MQTTClient.withConnection(configuration) { client in _ = try await client.ping() }
        return configuration
    }

    @Test("It can be a broker that grants less")
    func configured() async throws {
        let server = try MQTTTestServer {
            $0.listeners[0].options.maximumQoS = .atLeastOnce
            $0.options.limits.packetBytes = 512
        }
        try await MQTTClient.withConnection(configuration(server)) { client in
            await #expect(throws: MQTTClientError.self) { try await client.publish("x", to: "a", qos: .exactlyOnce) }
            await #expect(throws: MQTTClientError.self) { try await client.publish([UInt8](repeating: 0, count: 600), to: "a") }
            let subscription = try await client.subscribe(to: "a", qos: .exactlyOnce)
            #expect(subscription.grants == [.grantedQoS1])
        }
    }

    @Test("It can be a broker that refuses")
    func refusing() async throws {
        let server = try MQTTTestServer { $0.listeners[0].options.anonymous = false }
        await #expect(throws: MQTTClientError.refused(.notAuthorized, reason: nil)) {
            try await MQTTClient.withConnection(configuration(server)) { _ in }
        }
    }

    @Test("An address that cannot be listened on is an error that says so")
    func wrongAddress() throws {
        let error = #expect(throws: MQTTTestServerError.self) {
            try MQTTTestServer { $0.listeners[0].address = "192.0.2.1" }
        }
        #expect(error?.description.contains("192.0.2.1") == true, "\(String(describing: error))")
        #expect(throws: MQTTTestServerError.self) { try MQTTTestServer { $0.listeners = [] } }
    }

    @Test("A port that another program has taken meanwhile is an error, and starting can be tried again")
    func portTaken() throws {
        let server = try MQTTTestServer()
        server.stop()
        let other = try MQTTTestServer { $0.listeners[0].port = server.port }
        #expect(other.port == server.port)
        let error = #expect(throws: MQTTTestServerError.self) { try server.start() }
        #expect(error?.description.contains("\(server.port)") == true)
        other.stop()
        try server.start()
    }

    private func configuration(_ server: MQTTTestServer) -> ClientConfiguration {
        ClientConfiguration(host: server.host, port: server.port)
    }
}
