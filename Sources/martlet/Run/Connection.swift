import MQTTClient

/// A client for the time of a command.
enum Connection {
    /// Connects, runs `body`, and disconnects when it has ended.
    ///
    /// The first attempt must succeed: whoever types a wrong name wants to know at once. Afterwards the library connects again by itself, for as
    /// long as the configuration allows.
    ///
    /// - Parameter deadline: of the first connection, if that is earlier than the configuration allows
    static func run<Result: Sendable>(
        _ configuration: ClientConfiguration, notices: ConnectionNotices, connectingUntil deadline: Deadline = Deadline(within: nil),
        _ body: @escaping @Sendable (MQTTClient) async throws -> Result
    ) async throws(Failure) -> Result {
        let client = MQTTClient(configuration)
        do {
            return try await withThrowingTaskGroup(of: Result?.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    try await client.run()
                    return nil
                }
                group.addTask {
                    try await follow(client, notices)
                    return nil
                }
                group.addTask {
                    guard let isConnected = try await deadline.run({ await isConnected(client) }) else {
                        try Task.checkCancellation()
                        throw Failure(.timedOut, "no connection to \(configuration.servers[0]) in \(deadline.words)")
                    }
                    guard isConnected else { return nil }
                    do {
                        let result = try await body(client)
                        await client.disconnect()
                        return result
                    } catch MQTTClientError.stopped {
                        // Why it has stopped, the one who runs it says.
                        return nil
                    }
                }
                while let ended = try await group.next() {
                    if let result = ended { return result }
                }
                throw CancellationError()
            }
        } catch {
            throw Failure(error)
        }
    }

    /// Waits for the first connection; false: there will be none.
    private static func isConnected(_ client: MQTTClient) async -> Bool {
        for await state in client.states {
            if case .connected = state { return true }
        }
        return false
    }

    private static func follow(_ client: MQTTClient, _ notices: ConnectionNotices) async throws {
        var wasConnected = false
        for await state in client.states {
            if case .connected = state { wasConnected = true }
            if case .disconnected(let error, _) = state, !wasConnected { throw error }
            notices.tell(state)
        }
    }
}
