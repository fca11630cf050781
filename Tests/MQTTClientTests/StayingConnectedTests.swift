import MQTTClient
import MQTTTestServer
import Testing

@Suite("Staying connected", .timeLimit(.minutes(1)))
struct StayingConnectedTests {
    @Test("After a restart of the broker subscriptions are there again, and what was published meanwhile arrives in its order")
    func restart() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            let messages = try await client.subscribe(to: "a")
            var states = client.states.makeAsyncIterator()
            server.stop()
            while let state = await states.next() { if case .disconnected = state { break } }
            for i in 0..<100 { try await client.enqueue("\(i)", to: "a", qos: QoS.allCases[i % 3]) }
            #expect(client.outboxCount == 100)
            try server.start()
            #expect(try await texts(of: messages, 100) == (0..<100).map { "\($0)" })
        }
    }

    @Test("A publish that waits survives the restart and gets its answer")
    func waitingPublish() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            server.stop()
            async let answer = client.publish("x", to: "a")
            var states = client.states.makeAsyncIterator()
            while let state = await states.next() { if case .connecting = state { break } }
            try server.start()
            #expect(try await answer == .noMatchingSubscribers)
        }
    }

    @Test("What is published and subscribed before the first connection waits for it")
    func beforehand() async throws {
        let server = try MQTTTestServer()
        let client = MQTTClient(server.configuration)
        async let published = client.publish("early", to: "a")
        async let run: Void = client.run()
        #expect(try await published == .noMatchingSubscribers)
        await client.disconnect()
        try await run
    }

    @Test("States tell the whole story, and end when it is over")
    func states() async throws {
        let server = try MQTTTestServer()
        let client = MQTTClient(server.configuration)
        let states = client.states
        async let run: Void = client.run()
        var story: [String] = []
        for await state in states {
            switch state {
            case .connecting(_, let attempt): if attempt == 1 { story.append("connecting") }
            case .connected(let info):
                story.append("connected")
                #expect(!info.clientID.isEmpty && !info.sessionPresent)
                if story.filter({ $0 == "connected" }).count == 1 { try server.restart() } else { Task { await client.disconnect() } }
            case .disconnected(let error, _):
                if story.last != "disconnected" { story.append("disconnected") }
                #expect(error == .disconnected(.serverShuttingDown, reason: nil) || error != .stopped)
            case .stopped(let error):
                story.append("stopped")
                #expect(error == nil)
            }
        }
        try await run
        #expect(story.first == "connecting" && story.last == "stopped")
        #expect(story.filter { $0 == "connected" }.count == 2 && story.contains("disconnected"))
    }

    @Test("A broker that answers nothing is given up after the ping time-out, and connected to again")
    func silence() async throws {
        let server = try ScriptedServer()
        var configuration = ClientConfiguration(host: "127.0.0.1", port: server.port)
        configuration.keepAlive = .seconds(1)
        configuration.pingTimeout = .milliseconds(100)
        configuration.reconnection.firstDelay = .milliseconds(1)
        let client = MQTTClient(configuration)
        async let run: Void = client.run()
        let first = try await server.accept()
        await first.answerConnect()
        // PINGREQ, DISCONNECT, the end; and the next attempt. They may be here together: nobody says how soon this task goes on.
        #expect(await first.receiveRest().starts(with: [0xC0, 0, 0xE0]))
        let second = try await server.accept()
        await second.answerConnect()
        await client.disconnect()
        try await run
    }

    @Test("The limit of attempts ends it with what was wrong: nobody listens, or nobody by that name")
    func givingUp() async throws {
        let server = try MQTTTestServer()
        server.stop()
        var configuration = server.configuration
        configuration.reconnection.maximumAttempts = 3
        await #expect(
            throws: MQTTClientError.unreachable(
                configuration.servers[0], reason: "cannot connect to 127.0.0.1:\(server.port): Connection refused")
        ) {
            try await MQTTClient(configuration).run()
        }
        configuration.servers = [ServerAddress(host: "no.such.host.invalid", port: 1883)]
        configuration.reconnection.maximumAttempts = 1
        let error = await #expect(throws: MQTTClientError.self) { try await MQTTClient(configuration).run() }
        #expect(error.map { "\($0)".contains("no.such.host.invalid") } == true)
    }

    @Test("The next server is tried when one is not there")
    func nextServer() async throws {
        let (gone, there) = (try MQTTTestServer(), try MQTTTestServer())
        gone.stop()
        var configuration = gone.configuration
        configuration.servers.append(ServerAddress(host: there.host, port: there.port))
        try await MQTTClient.withConnection(configuration) { client in
            _ = try await client.ping()
        }
    }

    @Test("A takeover is final: two clients of one name do not throw each other out for ever")
    func takeover() async throws {
        let server = try MQTTTestServer()
        var configuration = server.configuration
        configuration.clientID = "same"
        try await MQTTClient.withConnection(configuration) { first in
            try await MQTTClient.withConnection(configuration) { second in
                var last: ConnectionState?
                for await state in first.states { last = state }
                #expect(last == .stopped(.disconnected(.sessionTakenOver, reason: nil)))
                await #expect(throws: MQTTClientError.stopped) { try await first.publish("x", to: "a") }
                _ = try await second.ping()
            }
        }
    }

    @Test("The Will is published when the client is gone without a word, and not when it says goodbye")
    func will() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { watcher in
            let wills = try await watcher.subscribe(to: "will/#")
            var configuration = server.configuration
            configuration.will = Will(topic: "will/1", payload: Array("gone".utf8))
            try await MQTTClient.withConnection(configuration) { _ in }
            configuration.will = Will(topic: "will/2", payload: Array("gone".utf8))
            let client = MQTTClient(configuration)
            async let run: Void = client.run()
            _ = try await client.publish("x", to: "a")
            await client.disconnect(publishWill: true)
            try await run
            for await message in wills {
                #expect(message.topic == "will/2")
                break
            }
        }
    }
}
