import MQTTClient
import Synchronization

/// Says on standard error what becomes of the connection: interruptions always, the rest with `--debug`, nothing with `--quiet`.
final class ConnectionNotices: Sendable {
    private let isQuiet: Bool
    private let isDebug: Bool
    private let wasLost = Mutex(false)

    init(_ arguments: Arguments) {
        isQuiet = arguments.has(.quiet)
        isDebug = arguments.has(.debug) && !isQuiet
    }

    func tell(_ state: ConnectionState) {
        switch state {
        case .connecting(let server, let attempt): debug("connecting to \(server), attempt \(attempt)")
        case .connected(let info): tell(info)
        case .disconnected(let error, let delay):
            wasLost.withLock { $0 = true }
            warn("\(error); trying again in \(Quantity.seconds(delay))")
        case .stopped: debug("disconnected")
        }
    }

    func warn(_ words: String) {
        if !isQuiet { Console.complain(words) }
    }

    func debug(_ words: String) {
        if isDebug { Console.complain(words) }
    }

    private func tell(_ info: ConnectionInfo) {
        let session = info.sessionPresent ? "the Session was kept" : "a new Session"
        if wasLost.withLock({ was in
            defer { was = false }
            return was
        }) {
            warn("connected again to \(info.server); \(session)")
        } else {
            debug("connected to \(info.server) as \"\(info.clientID)\", Keep Alive \(info.keepAliveSeconds) s; \(session)")
        }
    }
}
