/// What is worth a line in the log. The names are stable: scripts and alerts may rely on them.
public enum LogEvent: String, Hashable, Sendable, CaseIterable {
    // The broker
    case brokerStarted = "broker_started"
    case brokerStopping = "broker_stopping"
    case brokerStopped = "broker_stopped"
    case loopNotPinned = "loop_not_pinned"
    // Configuration
    case configurationReloaded = "configuration_reloaded"
    case configurationRefused = "configuration_refused"
    // Listeners
    case listenerOpened = "listener_opened"
    case acceptFailed = "accept_failed"
    // The data directory
    case storeOpened = "store_opened"
    case storeSetAside = "store_set_aside"
    case storeUnreadable = "store_unreadable"
    case storeWriteFailed = "store_write_failed"
    case storeWritable = "store_writable"
    // Clients
    case connectionRefused = "connection_refused"
    case clientRefused = "client_refused"
    case clientConnected = "client_connected"
    case clientDisconnected = "client_disconnected"
    case protocolViolated = "protocol_violated"
    case sessionExpired = "session_expired"
    // Messages and subscriptions
    case messageDropped = "message_dropped"
    // The log itself
    case logLinesDropped = "log_lines_dropped"

    /// Whether a busy broker writes only some of these lines, and how many it left out.
    var isRateLimited: Bool {
        switch self {
        case .messageDropped, .acceptFailed: true
        default: false
        }
    }
}
