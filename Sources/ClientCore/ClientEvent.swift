import MQTTCodec

/// What may happen to a client.
public enum ClientEvent: Sendable {
    // The application
    /// It begins; `stored` is what an earlier run left in the store of its outbox, nil: it has none.
    case start(stored: StoredOutbox?)
    /// It ends at once, after DISCONNECT if there is a connection.
    case stop(publishWill: Bool)
    /// To be completed when the exchange is over, and accepted when the outbox has it.
    case publish(Publication, completion: Operation, acceptance: Operation)
    /// Completed when nothing accepted before is left.
    case flush(Operation)
    case subscribe(SubscribeRequest, Operation)
    case unsubscribe(subscription: UInt32, Operation)
    /// By the receipts of received messages.
    case acknowledge([UInt64])
    case ping(Operation)
    case reauthenticate(Operation)

    // The connection
    /// What `ClientAction.open` asked for stands.
    case opened
    /// It cannot be had, for this reason.
    case openFailed(String)
    /// The peer has ended it, or it is broken.
    case closed
    /// All output is written, after it was not, or as `awaitsWriting` asks.
    case writable
    /// Output cannot be written now.
    case congested
    /// Some of it is written now, and the peer therefore alive.
    case written
    /// Nothing is read until further notice, because what was read is waiting to be taken.
    case readingPaused(Bool)

    // The store of the outbox
    /// The batch of this number is safe.
    case committed(UInt64)
    case loaded([StoredMessage])
    /// The batch of this number is not safe, and nothing of it is there.
    case commitFailed(UInt64, reason: String)
    case loadFailed(reason: String)
}

/// By which the owner knows who waits for an answer; `nobody`: nobody does.
public struct Operation: Hashable, BitwiseCopyable, Sendable {
    public let number: UInt64

    public init(_ number: UInt64) { self.number = number }

    public static let nobody = Operation(0)
}

/// A message to be published.
public struct Publication: Hashable, Sendable {
    public var topic: String
    public var payload: [UInt8]
    public var properties: PropertyList
    public var qos: QoS
    public var retain: Bool

    public init(topic: String, payload: [UInt8], qos: QoS, retain: Bool = false, properties: PropertyList = PropertyList()) {
        self.topic = topic
        self.payload = payload
        self.properties = properties
        self.qos = qos
        self.retain = retain
    }

    /// What it counts for in the bound of an outbox: bytes.
    public var weight: Int { topic.utf8.count + payload.count + properties.encodedLength }
}

/// What to subscribe to, by one SUBSCRIBE.
public struct SubscribeRequest: Hashable, Sendable {
    /// The number the owner has given it, 1 to 268,435,455, also its Subscription Identifier.
    public var subscription: UInt32
    public var filters: [TopicSubscription]
    public var userProperties: [UserProperty]

    public init(subscription: UInt32, filters: [TopicSubscription], userProperties: [UserProperty] = []) {
        self.subscription = subscription
        self.filters = filters
        self.userProperties = userProperties
    }
}
