import MQTTClient
import Synchronization

/// The clients of a run, connected at a rate and kept connected until its end.
final class Fleet: Sendable {
    /// What has become of their connections.
    struct Connections: Sendable {
        var connected = 0
        /// Attempts that came to nothing, each of them tried again.
        var failedAttempts = 0
        /// Refused for good.
        var refused = 0
        /// Connections that stood and were lost.
        var lost = 0
        var lastError: MQTTClientError?
        var lastConnected: UInt64 = 0
        /// From the moment a client was to begin until it was connected.
        var times = LatencyHistogram()
    }

    let clients: [MQTTClient]
    /// Says on standard error what each connection does.
    private let isTalkative: Bool
    private let state = Mutex(Connections())

    init(_ configurations: [ClientConfiguration], isTalkative: Bool) {
        clients = configurations.map(MQTTClient.init)
        self.isTalkative = isTalkative
    }

    /// Messages accepted and not yet sent (QoS 0) or acknowledged (QoS 1 and 2), of all clients together.
    var outboxCount: Int { clients.reduce(0) { $0 + $1.outboxCount } }

    var connections: Connections { state.withLock { $0 } }

    /// Connects `rate` clients a second, does `body` when all are connected, and disconnects them.
    ///
    /// - Parameter needsAll: it is an error when some are not connected half a minute after the last one has begun
    func run<Value: Sendable>(
        rate: Double, needsAll: Bool = true, progress: ProgressLine, _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            do throws(Failure) {
                try await progress.during({ [self] in
                    "connecting: \(Quantity.count(connections.connected)) of \(Quantity.count(clients.count))"
                }) { () throws(Failure) in
                    let begin = MonotonicClock.now()
                    for (number, client) in clients.enumerated() {
                        let due = begin + UInt64(Double(number) * 1e9 / rate)
                        await MonotonicClock.wait(until: due)
                        if Task.isCancelled { throw Failure(.interrupted, nil) }
                        group.addTask { [self] in await keep(client, number: number, due: due) }
                    }
                    let areAll = await Settling.wait(for: clients.count, idle: .seconds(30)) { connections.connected + connections.refused }
                    if Task.isCancelled { throw Failure(.interrupted, nil) }
                    if needsAll, !areAll || connections.connected < clients.count { throw notConnected() }
                }
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func keep(_ client: MQTTClient, number: Int, due: UInt64) async {
        async let ending: Void = run(client)
        var isConnected = false
        for await change in client.states {
            if isTalkative { Console.complain("client \(number): \(Self.words(change))") }
            state.withLock { state in
                switch change {
                case .connecting: break
                case .connected:
                    if !isConnected { state.noteConnected(due: due, now: MonotonicClock.now()) }
                    isConnected = true
                case .disconnected(let error, _):
                    if isConnected { state.lost += 1 } else { state.failedAttempts += 1 }
                    state.lastError = error
                case .stopped(let error?):
                    if isConnected { state.lost += 1 } else { state.refused += 1 }
                    state.lastError = error
                case .stopped(nil): break
                }
            }
        }
        await ending
    }

    private static func words(_ change: ConnectionState) -> String {
        switch change {
        case .connecting(let server, let attempt): "connecting to \(server), attempt \(attempt)"
        case .connected(let info): "connected as \"\(info.clientID)\""
        case .disconnected(let error, let delay): "\(error); trying again in \(Quantity.seconds(delay))"
        case .stopped(let error): "disconnected" + (error.map { ": \($0)" } ?? "")
        }
    }

    /// How it ended is told by its states.
    private func run(_ client: MQTTClient) async {
        do { try await client.run() } catch { return }
    }

    private func notConnected() -> Failure {
        let missing = clients.count - connections.connected
        let reason = connections.lastError.map { ": \($0)" } ?? " within 30 seconds"
        let status = connections.lastError.map { Failure($0).status } ?? .timedOut
        return Failure(status, "\(Quantity.count(missing)) of \(Quantity.count(clients.count)) clients could not connect\(reason)")
    }
}

extension Fleet.Connections {
    fileprivate mutating func noteConnected(due: UInt64, now: UInt64) {
        connected += 1
        lastConnected = max(lastConnected, now)
        times.record(now - min(due, now))
    }
}
