import MQTTClient

extension Load {
    /// Publishes as `body` does, and one message of QoS 1 after all.
    func publish(_ body: (MQTTClient) async throws -> Void) async throws {
        var configuration = configuration("ClientLoad")
        configuration.inFlight = UInt16(Self.window)
        try await MQTTClient.withConnection(configuration) { client in
            let usage = Usage()
            try await body(client)
            try await client.publish(payload, to: Self.topic)
            usage.printRate(count)
        }
    }

    func publishUnacknowledged(_ client: MQTTClient) async throws {
        let payload = payload
        for _ in 0..<count { try await client.publish(payload, to: Self.topic, qos: .atMostOnce) }
    }

    /// The outbox takes what the window does not.
    func enqueue(_ client: MQTTClient) async throws {
        let payload = payload
        for _ in 0..<count { try await client.enqueue(payload, to: Self.topic) }
        try await client.flush()
    }

    /// As many tasks as the window is wide, each of which learns what became of its message before it sends the next.
    func publishInTasks(_ client: MQTTClient) async throws {
        let payload = payload
        let share = count / Self.window
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.window {
                group.addTask {
                    for _ in 0..<share { try await client.publish(payload, to: Self.topic) }
                }
            }
            try await group.waitForAll()
        }
    }

    private var payload: [UInt8] { [UInt8](repeating: 0, count: size) }
}
