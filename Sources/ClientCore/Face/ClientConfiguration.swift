import MQTTCodec

/// Everything a client is told at its start, with defaults that suit a sensor or a service on a home or factory network.
public struct ClientConfiguration: Sendable {
    /// Where the broker is. The first one is tried first, the next ones when it cannot be reached.
    public var servers: [ServerAddress]
    /// Empty: the broker assigns one (MQTT 5.0), or one is made from random letters (3.1.1).
    public var clientID = ""
    public var version = ClientVersion.v5
    public var userName: String?
    public var password: [UInt8]?
    /// What the broker publishes for us when we vanish.
    public var will: Will?

    /// What becomes of the Session when the connection ends.
    public var session = SessionLifetime.thisRun
    /// The longest silence; a PINGREQ breaks it. Whole seconds, at most 65,535; zero: never.
    public var keepAlive = Duration.seconds(60)
    /// How long the broker may take to answer a PINGREQ, while no other bytes come or go, before the connection is given up.
    public var pingTimeout = Duration.seconds(10)
    /// How long connecting may take, from the first packet of TCP to CONNACK.
    public var connectTimeout = Duration.seconds(10)
    public var reconnection = ReconnectionPolicy()

    /// QoS 1 and 2 messages the broker may send us before we have acknowledged one: the bound of what waits to be read.
    /// 1 to 65,535. In 3.1.1 the broker is not told.
    public var receiveMaximum: UInt16 = 1_024
    /// QoS 0 messages that wait to be read from one subscription; above, see `MQTTSubscription`.
    public var bufferedMessages = 65_536
    /// The largest packet we take, in bytes.
    public var maximumPacketSize: UInt32 = 16_777_216
    /// Topic Aliases the broker may use towards us.
    public var topicAliasMaximum: UInt16 = 32
    /// Topic Aliases we use towards the broker, if it allows as many. They are chosen automatically.
    public var outgoingTopicAliases: UInt16 = 32
    /// QoS 1 and 2 messages in flight, whatever larger Receive Maximum the broker announces. 1 to 65,000.
    public var inFlight: UInt16 = 1_024
    /// What is kept while there is no connection, or the broker is slow.
    public var outbox = OutboxLimits()
    /// Where the outbox is kept; nil: in memory. `MQTTOutbox` has one on disk.
    public var outboxStore: (any OutboxStore)?

    /// User Properties of CONNECT, which the broker may log (MQTT 5.0).
    public var userProperties: [UserProperty] = []
    /// Answers the broker's challenges in an enhanced authentication (MQTT 5.0 §4.12).
    public var authentication: EnhancedAuthentication?

    /// One broker at `host` (a name, or a numeric IPv4 or IPv6 address).
    public init(host: String, port: UInt16 = 1883, clientID: String = "") {
        servers = [ServerAddress(host: host, port: port)]
        self.clientID = clientID
    }
}

/// The version of MQTT to speak.
public enum ClientVersion: Sendable, Hashable, CaseIterable {
    case v3_1_1
    case v5
}

/// A Session keeps, at the broker, subscriptions and messages for us while we are not connected.
public enum SessionLifetime: Sendable, Hashable {
    /// A new Session when the client starts. It outlives interruptions of the connection of up to five minutes, and ends with the client.
    /// In 3.1.1 each connection begins a new one.
    case thisRun
    /// The Session of this Client Identifier, if there is one, or else a new one; the broker keeps it for `seconds` after the
    /// connection has ended (4,294,967,295: for ever; in 3.1.1 the broker decides). It is the application's promise that it goes on with
    /// what an earlier run of it has begun.
    case kept(seconds: UInt32)
}
