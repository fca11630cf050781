import MQTTCodec

/// One Application Message on its way to one Session: what a queue or an exchange remembers of it.
public struct Delivery: BitwiseCopyable, Sendable {
    /// Where the owner keeps the message.
    public var message: UInt32
    /// Where the owner keeps the Subscription Identifiers to send along; 0: none.
    public var subscriptionIdentifiers: UInt32
    /// The Shared Subscription it came by; `Delivery.noGroup`: none.
    public var group: UInt32
    /// Its place in the order of that Shared Subscription.
    public var place: UInt32
    public var qos: QoS
    /// RETAIN as it is to be sent.
    public var retain: Bool
    /// The owner has it on disk that it is not settled.
    public var isClaimed = false
    /// The owner has its Packet Identifier on disk beside the message.
    public var hasExchangeRecord = false

    public static let noGroup = UInt32.max

    @inlinable public init(
        message: UInt32, qos: QoS, retain: Bool, subscriptionIdentifiers: UInt32 = 0, group: UInt32 = Delivery.noGroup,
        place: UInt32 = 0
    ) {
        self.message = message
        self.qos = qos
        self.retain = retain
        self.subscriptionIdentifiers = subscriptionIdentifiers
        self.group = group
        self.place = place
    }
}
