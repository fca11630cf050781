import MQTTClient
import MQTTTestServer
import Testing

@Suite("Publishing", .timeLimit(.minutes(1)))
struct PublishingTests {
    @Test("Each QoS in each version arrives once, with what the broker said of it", arguments: ClientVersion.allCases)
    func everyQoS(version: ClientVersion) async throws {
        let server = try MQTTTestServer()
        var configuration = server.configuration
        configuration.version = version
        try await MQTTClient.withConnection(configuration) { client in
            let messages = try await client.subscribe(to: "a/#", qos: .exactlyOnce)
            for qos in QoS.allCases {
                #expect(try await client.publish("\(qos)", to: "a/b", qos: qos) == .success)
            }
            var seen: [String] = []
            for await message in messages {
                #expect(message.text == "\(message.qos)")
                seen.append(message.text)
                if seen.count == 3 { break }
            }
            #expect(seen == QoS.allCases.map { "\($0)" })
        }
    }

    @Test("What the connection could not take at once is written before the client says goodbye")
    func largeAtTheEnd() async throws {
        let server = try ScriptedServer()
        let client = MQTTClient(ClientConfiguration(host: "127.0.0.1", port: server.port))
        async let run: Void = client.run()
        let connection = try await server.accept()
        await connection.answerConnect()
        let payload = [UInt8](repeating: 120, count: 16_777_216)
        try await client.publish(payload, to: "a", qos: .atMostOnce)
        async let disconnected: Void = client.disconnect(flushing: .seconds(60))
        let bytes = await connection.receiveRest()
        // PUBLISH as a whole, then DISCONNECT.
        #expect(bytes.count > payload.count && bytes.suffix(9).first { $0 != 120 } == 0xE0)
        await disconnected
        try await run
    }

    @Test("The broker's words come back: nobody subscribes, too high a QoS, a topic of its own")
    func answers() async throws {
        let server = try MQTTTestServer { $0.listeners[0].options.maximumQoS = .atLeastOnce }
        try await MQTTClient.withConnection(server.configuration) { client in
            let answer = try await client.publish("x", to: "nobody/listens")
            #expect(answer == .noMatchingSubscribers)
            await #expect(throws: MQTTClientError.notSupported("the server takes QoS 1 at most")) {
                try await client.publish("x", to: "a", qos: .exactlyOnce)
            }
            await #expect(throws: MQTTClientError.publishRefused(.notAuthorized, reason: nil)) {
                try await client.publish("x", to: "$SYS/mine")
            }
        }
    }

    @Test("What cannot be a message is refused before it is sent, with the reason")
    func invalid() async throws {
        let server = try MQTTTestServer { $0.options.limits.packetBytes = 1_000 }
        try await MQTTClient.withConnection(server.configuration) { client in
            await #expect(throws: MQTTClientError.invalidTopic("a/#", reason: "wildcards are for Topic Filters")) {
                try await client.publish("x", to: "a/#")
            }
            await #expect(throws: MQTTClientError.packetTooLarge(bytes: 1_009, maximum: 1_000)) {
                try await client.publish([UInt8](repeating: 0, count: 1_000), to: "a")
            }
            try await client.publish("fits", to: "a")
        }
    }

    @Test("Also with QoS 0 a message that the broker does not take is refused, up to the last byte")
    func invalidAtMostOnce() async throws {
        let server = try MQTTTestServer {
            $0.options.limits.packetBytes = 1_000
            $0.listeners[0].options.retainAvailable = false
        }
        try await MQTTClient.withConnection(server.configuration) { client in
            for (bytes, properties) in [(993, MessageProperties()), (990, MessageProperties(contentType: ""))] {
                let payload = [UInt8](repeating: 0, count: bytes)
                try await client.publish(payload, to: "a", qos: .atMostOnce, properties: properties)
                await #expect(throws: MQTTClientError.packetTooLarge(bytes: 1_001, maximum: 1_000)) {
                    try await client.publish(payload + [0], to: "a", qos: .atMostOnce, properties: properties)
                }
            }
            await #expect(throws: MQTTClientError.notSupported("the server keeps no Retained Messages")) {
                try await client.publish("x", to: "a", qos: .atMostOnce, retain: true)
            }
            try await client.flush()
            #expect(client.outboxCount == 0)
        }
    }

    @Test("Properties and the retain flag arrive as they were given")
    func properties() async throws {
        let server = try MQTTTestServer()
        let properties = MessageProperties(
            contentType: "text/plain", isText: true, expirySeconds: 100, responseTopic: "answer", correlationData: [1, 2],
            userProperties: [UserProperty("a", "1"), UserProperty("a", "2")])
        try await MQTTClient.withConnection(server.configuration) { client in
            try await client.publish("kept", to: "r", retain: true, properties: properties)
            let messages = try await client.subscribe(to: "r")
            for await message in messages {
                #expect(message.retain && message.text == "kept")
                #expect(message.properties.contentType == "text/plain" && message.properties.isText == true)
                #expect(message.properties.responseTopic == "answer" && message.properties.correlationData == [1, 2])
                #expect(message.properties.userProperties == [UserProperty("a", "1"), UserProperty("a", "2")])
                #expect(message.properties.expirySeconds.map { $0 <= 100 && $0 > 90 } == true)
                break
            }
        }
    }

    @Test("A hundred tasks publish at once, each gets its own answer, and order per task is kept")
    func concurrent() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            let messages = try await client.subscribe(to: "t/+", qos: .exactlyOnce)
            async let published: Void = withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<100 {
                    group.addTask {
                        for i in 0..<20 { try await client.publish("\(i)", to: "t/\(task)", qos: i % 2 == 0 ? .atLeastOnce : .exactlyOnce) }
                    }
                }
                try await group.waitForAll()
            }
            var next: [String: Int] = [:]
            var count = 0
            for await message in messages {
                #expect(message.text == "\(next[message.topic, default: 0])")
                next[message.topic, default: 0] += 1
                count += 1
                if count == 2_000 { break }
            }
            try await published
            #expect(client.outboxCount == 0)
        }
    }

    @Test("What was published with QoS 0 or enqueued before there was a connection, and the broker does not take, is counted")
    func failed() async throws {
        let server = try MQTTTestServer { $0.options.limits.packetBytes = 1_024 }
        let client = MQTTClient(server.configuration)
        let large = [UInt8](repeating: 0, count: 2_000)
        try await client.publish(large, to: "a", qos: .atMostOnce)
        try await client.enqueue(large, to: "a")
        try await client.enqueue("small", to: "a")
        #expect(client.failedMessages == 0)
        async let run: Void = client.run()
        try await client.flush()
        #expect(client.failedMessages == 2)
        // The broker that is connected is known: whoever publishes to it is told.
        await #expect(throws: MQTTClientError.self) { try await client.publish(large, to: "a", qos: .atMostOnce) }
        #expect(client.failedMessages == 2 && client.outboxCount == 0)
        await client.disconnect()
        try await run
    }

    @Test("Flush returns when everything before it is through")
    func flush() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            for i in 0..<5_000 { try await client.enqueue("\(i)", to: "f", qos: i % 3 == 0 ? .atMostOnce : .exactlyOnce) }
            try await client.flush()
            #expect(client.outboxCount == 0)
        }
    }
}

extension MQTTTestServer {
    var configuration: ClientConfiguration {
        var configuration = ClientConfiguration(host: host, port: port)
        configuration.reconnection.firstDelay = .milliseconds(5)
        configuration.reconnection.longestDelay = .milliseconds(50)
        return configuration
    }
}
