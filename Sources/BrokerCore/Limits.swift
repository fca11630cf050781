/// Every bound of the broker, with its unit and a default that protects the machine.
///
/// The configuration file names them in its table `[limits]` with the same words in snake_case.
public struct Limits: Hashable, Sendable {
    // Connections
    /// Network Connections at once; one more gets CONNACK 0x89 (3.x: 3) or is closed at accept.
    public var connections = 100_000
    /// Bytes of a CONNECT packet; a larger one gets CONNACK 0x95.
    public var connectPacketBytes = 400_000
    /// Bytes of unfinished packets of all connections together; a connection that needs more gets DISCONNECT 0x97.
    public var unfinishedPacketBytes = 268_435_456
    /// Seconds from accept to a complete CONNECT.
    public var connectTimeoutSeconds = 10
    /// Bytes of a Client Identifier; a longer one gets CONNACK 0x85.
    public var clientIDBytes = 65_535
    /// Bytes waiting to be written to one connection; above, messages wait in the session's queue, and a client that goes
    /// on asking for as many bytes of answers gets DISCONNECT 0x97.
    public var outputBytes = 1_048_576

    // Packets and flow control
    /// Maximum Packet Size in bytes that clients may send; a larger packet gets DISCONNECT 0x95.
    public var packetBytes = 16_777_216
    /// Receive Maximum announced to clients: QoS 1 and 2 messages they may have in flight; more gets DISCONNECT 0x93.
    public var receiveMaximum = 100
    /// QoS 1 and 2 messages in flight towards one client, whatever larger Receive Maximum it announces.
    public var inFlight = 10_000
    /// Topic Alias Maximum announced to clients; an alias above gets DISCONNECT 0x94.
    public var topicAliases = 32
    /// Topic Aliases the broker uses towards one client, whatever larger maximum it announces.
    public var outgoingTopicAliases = 32
    /// Seconds; a client asking for a longer Keep Alive, or none, is given this one (MQTT 5 only). 0: no limit.
    public var keepAliveSeconds = 0
    /// Seconds; a longer Session Expiry Interval is shortened to it. 4,294,967,295: no limit.
    public var sessionExpirySeconds = 604_800

    // Sessions and queues
    /// Sessions, connected or not; one more gets CONNACK 0x97.
    public var sessions = 1_000_000
    /// Messages waiting for one session.
    public var queuedMessages = 100_000
    /// Bytes of the messages waiting for one session.
    public var queuedBytes = 67_108_864
    /// Bytes of the messages waiting for all sessions; above, QoS 1 and 2 are refused with 0x97, QoS 0 dropped.
    public var queuedBytesTotal = 1_073_741_824
    /// Messages retained, without those under `$SYS`; one more is refused with 0x97.
    public var retainedMessages = 1_000_000
    /// Bytes of all retained messages, without those under `$SYS`.
    public var retainedBytes = 1_073_741_824

    // Between event loops
    /// Bytes waiting from one event loop to another; above, the clients that send there are not read from until they are taken.
    public var mailboxBytes = 4_194_304

    // Disk
    /// Bytes of changes one event loop has asked the disk for and that are not there yet; above, clients whose messages have
    /// to be kept are not read from until they are.
    public var uncommittedBytes = 16_777_216

    // Topics and subscriptions
    /// Subscriptions of one session; one more gets SUBACK 0x97.
    public var subscriptionsPerSession = 100_000
    /// Levels of a Topic Name or Topic Filter; more gets 0x90 or 0x8F.
    public var topicLevels = 200
    /// Bytes of a Topic Name or Topic Filter.
    public var topicBytes = 65_535
    /// Resolved topics the router remembers, of 1,024 bytes each on average, their receivers included.
    public var routerCacheTopics = 65_536

    public init() {}
}
