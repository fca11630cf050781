import MQTTClient
import MQTTTestServer
import Testing

@Suite("Requests and responses", .timeLimit(.minutes(1)))
struct RequestingTests {
    @Test("Each request gets its own response, also when many are under way")
    func many() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { service in
            let ready = try await service.subscribe(to: "ready")
            let serving = Task {
                try await service.respond(on: "double/+") { Array("\((Int($0.text) ?? 0) * 2)".utf8) }
            }
            // A second SUBSCRIBE is answered after the first one.
            _ = ready
            try await MQTTClient.withConnection(server.configuration) { client in
                while try await client.publish("0", to: "double/probe") == .noMatchingSubscribers {}
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for i in 0..<100 {
                        group.addTask { try await client.request(Array("\(i)".utf8), to: "double/\(i)").text == "\(i * 2)" }
                    }
                    for try await isRight in group { #expect(isRight) }
                }
            }
            serving.cancel()
            try await serving.value
        }
    }

    @Test("A request that is under way when the client ends says that, and not that something was refused")
    func ending() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            let asked = try await client.subscribe(to: "nobody")
            let response = Task { try await client.request([1], to: "nobody") }
            for await _ in asked { break }
            await client.disconnect()
            await #expect(throws: MQTTClientError.stopped) { try await response.value }
        }
    }

    @Test("Nobody answers: the request times out; 3.1.1 has no requests")
    func nobody() async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(server.configuration) { client in
            await #expect(throws: MQTTClientError.timedOut) {
                try await client.request([1], to: "nobody", timeout: .milliseconds(50))
            }
        }
        var configuration = server.configuration
        configuration.version = .v3_1_1
        try await MQTTClient.withConnection(configuration) { client in
            await #expect(throws: MQTTClientError.notSupported("MQTT 3.1.1 has no Response Topic")) {
                try await client.request([1], to: "a")
            }
        }
    }
}
