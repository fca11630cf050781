import MQTTCodec
import Primitives

/// An Application Message as the oracle knows it.
final class ReferenceMessage {
    let topic: String
    let payload: [UInt8]
    let qos: QoS
    let retain: Bool
    /// What is forwarded unaltered.
    let properties: [Property]
    let expires: Instant
    /// The Client Identifier; nil for a Will.
    let publisher: String?

    init(topic: String, payload: [UInt8], qos: QoS, retain: Bool, properties: [Property], expires: Instant, publisher: String?) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.properties = properties
        self.expires = expires
        self.publisher = publisher
    }

    /// Payloads begin with a number of their own; an empty one clears a topic.
    var key: String {
        payload.isEmpty ? "cleared \(topic)" : String(decoding: payload.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
    }
}

/// One PUBLISH that a session, or one member of a group, is to be sent.
final class Expectation {
    enum Way {
        case live
        case retained(ReferenceSubscription)
        case shared(ReferenceGroup)

        var words: String {
            switch self {
            case .live: "as published"
            case .retained(let subscription): "retained, for the subscription \(subscription.filter)"
            case .shared(let group): "by the share \(group.share) of \(group.filter)"
            }
        }
    }

    let message: ReferenceMessage
    let way: Way
    let qos: QoS
    let retain: Bool
    let identifiers: [UInt32]
    /// Counts all routed messages.
    let order: Int
    /// The connection at that time; what is QoS 0 ends with it.
    let connection: Int?
    var isSent = false
    /// A member of the group did not take it, and the standard lets it be lost.
    var isExcused = false

    init(
        _ message: ReferenceMessage, _ way: Way, qos: QoS, retain: Bool = false, identifiers: [UInt32] = [], order: Int, connection: Int?
    ) {
        self.message = message
        self.way = way
        self.qos = qos
        self.retain = retain
        self.identifiers = identifiers
        self.order = order
        self.connection = connection
    }
}

final class ReferenceSubscription {
    let filter: String
    let identifier: UInt32
    let maximumQoS: QoS
    let noLocal: Bool
    let retainAsPublished: Bool
    let group: ReferenceGroup?
    /// Neither replaced nor unsubscribed.
    var isActive = true

    init(filter: String, identifier: UInt32, options: SubscriptionOptions, group: ReferenceGroup?) {
        self.filter = filter
        self.identifier = identifier
        maximumQoS = options.maximumQoS
        noLocal = options.noLocal
        retainAsPublished = options.retainAsPublished
        self.group = group
    }
}

/// A Shared Subscription with its members.
final class ReferenceGroup {
    let share: String
    let filter: String
    var members: [ReferenceSession] = []
    var expectations: [String: [Expectation]] = [:]
    /// Some member could not take every message, or left with messages unfinished.
    var losesAtLeastOnce = false
    var losesExactlyOnce = false

    init(share: String, filter: String) {
        self.share = share
        self.filter = filter
    }
}

struct ReferenceWill {
    var topic: String
    var payload: [UInt8]
    var qos: QoS
    var retain: Bool
    var properties: [Property]
    var delay: UInt32
    var expiry: UInt32?
    var due: Instant?
}

/// A Session as §4.1 lists it, and what its client is to be sent.
final class ReferenceSession {
    struct Exchange {
        var expectation: Expectation
        var qos: QoS
        /// The Shared Subscription that gets it back if this session goes.
        var group: ReferenceGroup?
        /// PUBREC has come.
        var isReleased = false
        /// The connection it was last sent on.
        var connection: Int
        /// Counts the first sendings of all sessions.
        var started: Int
    }

    let clientID: String
    var version: ProtocolVersion
    var connection: ReferenceConnection?
    var expirySeconds: UInt32 = 0
    var expiresAt: Instant?
    var will: ReferenceWill?
    var subscriptions: [ReferenceSubscription] = []
    /// Groups it is or was a member of, with every option it had.
    var memberships: [ReferenceSubscription] = []
    var received: Set<UInt16> = []
    var expectations: [String: [Expectation]] = [:]
    var retained: [Expectation] = []
    /// Not yet sent, in the order of routing.
    var unsentAtMostOnce: [Expectation] = []
    var unsent: [Expectation] = []
    var exchanges: [UInt16: Exchange] = [:]
    /// Of a Shared Subscription, and for others now; but when this session is back before its group has heard of that, it
    /// keeps them.
    var takenBack: [UInt16: Exchange] = [:]
    var isOver = false

    init(clientID: String, version: ProtocolVersion) {
        self.clientID = clientID
        self.version = version
    }
}

final class ReferenceConnection {
    let number: Int
    let openedAt: Instant
    var lastPacket: Instant
    var version = ProtocolVersion.v3_1_1
    var session: ReferenceSession?
    var keepAliveSeconds: UInt16 = 0
    var receiveMaximum = 65_535
    var maximumPacketSize = Int.max
    var topicAliasMaximum: UInt16 = 0
    /// Set by the client.
    var topics: [UInt16: String] = [:]
    var isOver = false
    /// What DISCONNECT is to say, where one is sent.
    var reasonCode: ReasonCode?

    // What the broker owes this connection, and what it has sent.
    var replies: [PacketType: [Packet]] = [:]
    var releases: Set<UInt16> = []
    var announced: [UInt16: String] = [:]
    var isResumed = false
    var hasSentNew = false
    var lastResent = 0

    init(number: Int, at now: Instant) {
        self.number = number
        openedAt = now
        lastPacket = now
    }

    func owe(_ packet: Packet) { replies[packet.type, default: []].append(packet) }
}
