/// What the broker counts, since its start unless said otherwise. Plain integers of one thread.
public struct Counters: Equatable, BitwiseCopyable, Sendable {
    public var bytesReceived: UInt64 = 0
    public var bytesSent: UInt64 = 0
    /// Control Packets of every kind.
    public var packetsReceived: UInt64 = 0
    public var packetsSent: UInt64 = 0
    public var publishReceived: UInt64 = 0
    public var publishSent: UInt64 = 0
    /// Payload bytes.
    public var publishBytesReceived: UInt64 = 0
    public var publishBytesSent: UInt64 = 0
    public var connectionsOpened: UInt64 = 0
    public var connectionsRefused: UInt64 = 0
    /// CONNECTs answered with success.
    public var clientsAccepted: UInt64 = 0
    public var sessionsExpired: UInt64 = 0
    public var sessionsTakenOver: UInt64 = 0
    /// How often a connection was not read from for a while, because another shard was behind.
    public var connectionsPaused: UInt64 = 0
    /// The most connections at once.
    public var connectionsMaximum: Int = 0
    public var dropped = DropCounters()

    /// What another shard has counted comes to it.
    mutating func add(_ other: Counters) {
        bytesReceived &+= other.bytesReceived
        bytesSent &+= other.bytesSent
        packetsReceived &+= other.packetsReceived
        packetsSent &+= other.packetsSent
        publishReceived &+= other.publishReceived
        publishSent &+= other.publishSent
        publishBytesReceived &+= other.publishBytesReceived
        publishBytesSent &+= other.publishBytesSent
        connectionsOpened &+= other.connectionsOpened
        connectionsRefused &+= other.connectionsRefused
        clientsAccepted &+= other.clientsAccepted
        sessionsExpired &+= other.sessionsExpired
        sessionsTakenOver &+= other.sessionsTakenOver
        connectionsPaused &+= other.connectionsPaused
        connectionsMaximum = max(connectionsMaximum, other.connectionsMaximum)
        for reason in DropReason.allCases { dropped[reason] &+= other.dropped[reason] }
    }
}

/// Why a message did not reach a client, or nobody at all.
public enum DropReason: UInt8, CaseIterable, BitwiseCopyable, Sendable {
    /// The queue of a session was full: its oldest message went.
    case queueFullOldest
    /// The queue of a session was full: the message that came went.
    case queueFullNewest
    /// The queues of all sessions together were full.
    case queuesFull
    /// The queue was full and its client was disconnected.
    case slowConsumer
    /// The message exceeds the client's Maximum Packet Size [MQTT-3.1.2-25].
    case packetTooLarge
    /// The Message Expiry Interval passed before it could be sent.
    case expired
    /// The client was not allowed to publish it.
    case notAuthorized
    /// The topic has too many levels or bytes.
    case topicRefused
    /// The retained store was full.
    case retainedFull
    /// The session ended with the message still queued.
    case sessionEnded
    /// It was on disk, and could not be read.
    case unreadable

    /// A stable name for logs and `$SYS`.
    public var name: String {
        switch self {
        case .queueFullOldest: "queue_full_oldest"
        case .queueFullNewest: "queue_full_newest"
        case .queuesFull: "queues_full"
        case .slowConsumer: "slow_consumer"
        case .packetTooLarge: "packet_too_large"
        case .expired: "expired"
        case .notAuthorized: "not_authorized"
        case .topicRefused: "topic_refused"
        case .retainedFull: "retained_full"
        case .sessionEnded: "session_ended"
        case .unreadable: "unreadable"
        }
    }
}

/// Dropped messages by reason.
public struct DropCounters: Equatable, BitwiseCopyable, Sendable {
    private var counts: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    )

    public subscript(_ reason: DropReason) -> UInt64 {
        get { withUnsafeBytes(of: counts) { $0.load(fromByteOffset: Int(reason.rawValue) * 8, as: UInt64.self) } }
        set {
            withUnsafeMutableBytes(of: &counts) {
                $0.storeBytes(of: newValue, toByteOffset: Int(reason.rawValue) * 8, as: UInt64.self)
            }
        }
    }

    public var total: UInt64 { DropReason.allCases.reduce(0) { $0 + self[$1] } }

    public static func == (a: DropCounters, b: DropCounters) -> Bool { DropReason.allCases.allSatisfy { a[$0] == b[$0] } }
}
