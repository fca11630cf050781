/// PUBLISH as an owned value [MQTT5 §3.3]; the data path uses `PublishView` instead.
public struct PublishPacket: Hashable, Sendable {
    public var topic: UTF8Text
    public var qos: QoS
    public var dup = false
    public var retain = false
    /// Present exactly when `qos` is above 0.
    public var packetID: UInt16?
    public var properties = PropertyList()
    public var payload: [UInt8]

    public init(topic: UTF8Text, qos: QoS, packetID: UInt16? = nil, payload: [UInt8]) {
        self.topic = topic
        self.qos = qos
        self.packetID = packetID
        self.payload = payload
    }
}

/// A PUBLISH where it was read: every slice borrows the bytes it was decoded from.
///
/// What the standard demands of a receiver has been checked: UTF-8, no wildcards, properties known, allowed and
/// single, values in range. Whether the alias is one that was announced is for the session to say.
public struct PublishView: BitwiseCopyable {
    /// Empty when the Topic Alias stands for it.
    public var topic: UnsafeRawBufferPointer
    /// 0 at QoS 0.
    public var packetID: UInt16
    public var qos: QoS
    public var dup: Bool
    public var retain: Bool
    /// The property bytes as received, without the Property Length.
    public var properties: UnsafeRawBufferPointer
    /// Whether `properties` holds nothing but what is forwarded unaltered
    /// (no Message Expiry Interval, no Topic Alias, no Subscription Identifier).
    public var propertiesAreForwardable: Bool
    /// 0 when absent: a present 0 is refused by the decoder.
    public var topicAlias: UInt16
    /// Seconds; nil when the message never expires.
    public var messageExpirySeconds: UInt32?
    public var payload: UnsafeRawBufferPointer

    @inlinable public init(
        topic: UnsafeRawBufferPointer, packetID: UInt16, qos: QoS, dup: Bool, retain: Bool,
        properties: UnsafeRawBufferPointer, propertiesAreForwardable: Bool, topicAlias: UInt16,
        messageExpirySeconds: UInt32?, payload: UnsafeRawBufferPointer
    ) {
        self.topic = topic
        self.packetID = packetID
        self.qos = qos
        self.dup = dup
        self.retain = retain
        self.properties = properties
        self.propertiesAreForwardable = propertiesAreForwardable
        self.topicAlias = topicAlias
        self.messageExpirySeconds = messageExpirySeconds
        self.payload = payload
    }
}
