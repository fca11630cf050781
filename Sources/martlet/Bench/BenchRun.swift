import MQTTClient

/// One run of a scenario against a broker.
struct BenchRun: Sendable {
    let workload: Workload
    /// Of every client, but for its Client Identifier.
    let configuration: ClientConfiguration
    let progress: ProgressLine
    /// Says on standard error what each connection does.
    let isTalkative: Bool
    let layout: Layout

    init(_ workload: Workload, _ configuration: ClientConfiguration, progress: ProgressLine, isTalkative: Bool) {
        self.workload = workload
        self.configuration = configuration
        self.progress = progress
        self.isTalkative = isTalkative
        layout = Layout(workload: workload, root: "martlet-bench/" + String(UInt32.random(in: 0x1000_0000...(.max)), radix: 16))
    }

    /// - Throws: why there is nothing to report
    func report() async throws(Failure) -> BenchReport {
        try ProcessLimits.makeRoom(for: workload.clientCount)
        try await tryOnce()
        switch workload.scenario {
        case .connections: return try await connections()
        case .pointToPoint, .fanOut, .fanIn, .shared: return try await messages()
        case .retainedStorm: return try await retainedStorm()
        case .offlineDrain: return try await offlineDrain()
        }
    }

    /// The clients of a part of the run; their Client Identifiers end in `role` and a number.
    func fleet(_ count: Int, _ role: String, _ change: (inout ClientConfiguration) -> Void = { _ in }) -> Fleet {
        let prefix = configuration.clientID.isEmpty ? layout.root.replacing("/", with: "-") : configuration.clientID
        return Fleet(
            (0..<count).map { number in
                var configuration = configuration
                configuration.clientID = "\(prefix)-\(role)\(number)"
                configuration.inFlight = workload.inFlight
                configuration.receiveMaximum = workload.receiveMaximum
                change(&configuration)
                return configuration
            }, isTalkative: isTalkative)
    }

    /// What a client threw; when the run is cancelled there is nothing to say of it.
    static func failure(_ error: any Error) -> Failure { Task.isCancelled ? Failure(.interrupted, nil) : Failure(error) }

    /// A mistake in address or password is told at once, and not a thousand times.
    private func tryOnce() async throws(Failure) {
        var configuration = configuration
        configuration.reconnection.maximumAttempts = 1
        do { try await MQTTClient.withConnection(configuration) { _ in } } catch { throw Self.failure(error) }
    }
}

extension BenchReport.ConnectionFigures {
    /// - Parameter begin: when the first client began
    init(_ fleet: Fleet, begin: UInt64) {
        let connections = fleet.connections
        clients = fleet.clients.count
        connected = connections.connected
        seconds = Double(connections.lastConnected - min(begin, connections.lastConnected)) / 1e9
        times = connections.times
        noteLosses(of: [fleet])
    }

    /// What has become of the connections by now.
    mutating func noteLosses(of fleets: [Fleet]) {
        let connections = fleets.map(\.connections)
        failedAttempts = connections.reduce(0) { $0 + $1.failedAttempts }
        lost = connections.reduce(0) { $0 + $1.lost }
        lastError = connections.compactMap(\.lastError).last
    }
}
