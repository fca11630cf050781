import ClientCore

/// An MQTT client that stays connected: it reconnects, subscribes again and sends what was not acknowledged.
///
///     let client = MQTTClient(ClientConfiguration(host: "localhost"))
///     async let run: Void = client.run()
///     try await client.publish("21.5", to: "home/kitchen/temperature")
public final class MQTTClient: Sendable {
    let inbox: ClientInbox

    /// Nothing happens until `run` or `withConnection`; what is published or subscribed before waits for it.
    public init(_ configuration: ClientConfiguration) {
        inbox = ClientInbox(configuration, loop: .shared)
    }

    deinit { inbox.endUnbegun() }

    /// Connects, and stays connected until `disconnect`, cancellation of the task, or an error that trying again does not mend.
    /// To be called once.
    ///
    /// Cancellation says DISCONNECT to the broker. When it returns the connection is closed, every operation that waited has failed with
    /// `MQTTClientError.stopped` or the error it throws, and every subscription has ended.
    public func run() async throws(MQTTClientError) {
        try inbox.begin()
        let error = await withTaskCancellationHandler {
            await inbox.ended()
        } onCancel: {
            inbox.post(.stop(publishWill: false))
        }
        if let error { throw error }
    }

    /// Runs a client for the time of `body`: connects, calls `body` when the connection stands, and disconnects when it has returned or thrown.
    ///
    /// - Throws: what `body` throws, or `MQTTClientError` if no connection is to be had
    @discardableResult
    public static func withConnection<Result>(
        _ configuration: ClientConfiguration, isolation: isolated (any Actor)? = #isolation,
        _ body: (MQTTClient) async throws -> Result
    ) async throws -> Result {
        let client = MQTTClient(configuration)
        try client.inbox.begin()
        do {
            try await client.connected(isolation: isolation)
            let result = try await body(client)
            await client.disconnect()
            return result
        } catch {
            await client.disconnect(flushing: .zero)
            throw error
        }
    }

    /// Ends the client. What is in the outbox is sent first, for as long as `flushing` allows (zero: not waited for), then DISCONNECT.
    ///
    /// - Parameter publishWill: the broker publishes the Will all the same (0x04, MQTT 5.0)
    public func disconnect(flushing: Duration = .seconds(5), publishWill: Bool = false) async {
        let hasSomething = inbox.state.withLock { $0.isBegun || $0.messages > 0 }
        if flushing > .zero, hasSomething { _ = await inbox.perform(within: flushing) { .flush($0) } }
        inbox.stop(publishWill: publishWill)
        _ = await inbox.ended()
    }

    /// Every change of the connection from now on, beginning with what is. Of changes nobody reads, the newest 64 are kept.
    public var states: AsyncStream<ConnectionState> {
        AsyncStream(bufferingPolicy: .bufferingNewest(64)) { inbox.observe($0) }
    }

    /// Asks the broker for a sign of life; how long it took.
    ///
    /// - Throws: `timedOut` after `ClientConfiguration.pingTimeout`, `stopped`, `connectionLost`
    public func ping() async throws(MQTTClientError) -> Duration {
        let began = ContinuousClock.now
        try await inbox.perform(within: inbox.configuration.pingTimeout) { .ping($0) }.check()
        return began.duration(to: .now)
    }

    /// Authenticates once more on the present connection, by the configuration's `authentication` (MQTT 5.0 §4.12.1).
    ///
    /// - Throws: `connectionLost` when the broker refuses, `invalidArgument` without a method
    public func reauthenticate() async throws(MQTTClientError) {
        try await inbox.perform { .reauthenticate($0) }.check()
    }

    /// Returns when a connection stands.
    private func connected(isolation: isolated (any Actor)?) async throws {
        for await state in states {
            switch state {
            case .connected: return
            case .stopped(let error): throw error ?? .stopped
            case .connecting, .disconnected: continue
            }
        }
        throw Task.isCancelled ? MQTTClientError.cancelled : inbox.state.withLock { $0.error } ?? .stopped
    }
}

extension Outcome {
    /// - Throws: what failed
    @discardableResult func check() throws(MQTTClientError) -> ReasonCode {
        switch self {
        case .done(let reason): return reason
        case .granted: return .success
        case .failed(let error): throw error
        }
    }
}
