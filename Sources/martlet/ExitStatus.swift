import MQTTClient

/// With what a command ends, so that a script can tell what happened.
enum ExitStatus: Int32, CaseIterable, Sendable {
    case done = 0
    case failed = 1
    case wrongUsage = 2
    case refused = 3
    case timedOut = 4
    case broken = 5
    case interrupted = 130

    /// What `--help` says of it.
    var documentation: String {
        switch self {
        case .done: "done"
        case .failed: "failed for another reason"
        case .wrongUsage: "a wrong command line"
        case .refused: "the broker refused: the connection, a message or a subscription"
        case .timedOut: "not answered in time"
        case .broken: "the broker cannot be reached, or the connection is lost"
        case .interrupted: "ended by Ctrl-C"
        }
    }
}

/// Why a command ends before it has done what was asked.
struct Failure: Error, Equatable {
    let status: ExitStatus
    /// For people, one line that says what to do; nil: there is nothing to say.
    let message: String?

    init(_ status: ExitStatus, _ message: String?) {
        self.status = status
        self.message = message
    }

    init(_ error: MQTTClientError) {
        self.init(Self.status(of: error), "\(error)")
    }

    /// What is thrown where the library cannot name the type.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as MQTTClientError: self.init(error)
        case is CancellationError: self.init(.interrupted, nil)
        default: self.init(.failed, "\(error)")
        }
    }

    /// Whoever reads standard output has gone: nobody is there to be told.
    static let outputClosed = Failure(.done, nil)

    private static func status(of error: MQTTClientError) -> ExitStatus {
        switch error {
        case .refused, .publishRefused, .subscriptionRefused, .notSupported, .packetTooLarge: .refused
        case .unreachable, .disconnected, .protocolViolation, .connectionLost: .broken
        case .timedOut: .timedOut
        case .invalidTopic, .invalidFilter, .invalidArgument, .invalidURL: .wrongUsage
        case .outboxFull, .dropped, .outboxFailed, .stopped: .failed
        case .cancelled: .interrupted
        }
    }
}
