extension ConnectionState: CustomStringConvertible {
    public var description: String {
        switch self {
        case .connecting(let server, let attempt): "connecting to \(server)" + (attempt > 1 ? ", attempt \(attempt)" : "")
        case .connected(let info): "connected to \(info.server) as \(info.clientID)"
        case .disconnected(let error, let delay): "\(error); trying again in \(delay)"
        case .stopped(let error): error.map { "stopped: \($0)" } ?? "stopped"
        }
    }
}
