import MQTTCodec

/// What the broker offers to the clients of one listener; CONNACK says so, violations get the code of the standard.
public struct ListenerOptions: Hashable, Sendable {
    /// Lets clients in that bring no identity.
    public var anonymous = true
    /// Versions spoken; another one gets CONNACK 0x84 (3.x: 1).
    public var versions: Set<ProtocolVersion> = [.v3_1, .v3_1_1, .v5]
    /// A PUBLISH above gets 0x9B, a subscription is granted no more.
    public var maximumQoS = QoS.exactlyOnce
    /// false: a PUBLISH with RETAIN gets 0x9A.
    public var retainAvailable = true
    /// false: a wildcard filter gets 0xA2.
    public var wildcardSubscriptionAvailable = true
    /// false: a shared filter gets 0x9E.
    public var sharedSubscriptionAvailable = true
    /// false: a Subscription Identifier gets 0xA1.
    public var subscriptionIdentifierAvailable = true
    /// false: a zero-length Client Identifier gets CONNACK 0x85 (3.x: 2).
    public var emptyClientIDAllowed = true
    /// true: control characters and non-characters in identifiers, topics and filters are let through.
    public var controlCharactersAllowed = false
    /// What happens to messages for a client that reads too slowly.
    public var slowConsumer = SlowConsumerPolicy.dropOldest
    /// Seconds without acknowledgement after which a 3.x client is sent a PUBLISH or PUBREL again on a live
    /// connection; 0: never. MQTT 5.0 forbids it [MQTT-4.4.0-1].
    public var resendSeconds = 0

    /// What a full queue does with the message that comes.
    public enum SlowConsumerPolicy: String, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        case dropOldest = "drop-oldest"
        /// It goes itself; its publisher hears of success.
        case dropNewest = "drop-newest"
        /// It goes itself, and its publisher hears 0x97 unless somebody else has room for it.
        case refuse = "refuse"
        /// A client that is connected is ended with 0x97; for one that is away it is as with `refuse`.
        case disconnect = "disconnect"
    }

    public init() {}
}

/// How a member of a Shared Subscription is chosen.
public enum SharedSubscriptionStrategy: String, Hashable, Sendable, CaseIterable {
    case roundRobin = "round-robin"
    case leastInFlight = "least-in-flight"
}

/// What the core decides by, apart from the listeners; may change while the broker runs.
public struct BrokerOptions: Hashable, Sendable {
    public var limits = Limits()
    public var sharedSubscriptionStrategy = SharedSubscriptionStrategy.roundRobin
    /// Seconds between two rounds of `$SYS` messages; 0: none.
    public var systemTopicsSeconds = 10
    /// Answers Request Response Information with this; nil: nothing is answered.
    public var responseInformation: String?

    public init() {}
}
