/// SUBSCRIBE [MQTT5 §3.8].
public struct SubscribePacket: Hashable, Sendable {
    public var packetID: UInt16
    public var properties = PropertyList()
    public var requests: [Request]

    public init(packetID: UInt16, properties: PropertyList = PropertyList(), requests: [Request]) {
        self.packetID = packetID
        self.properties = properties
        self.requests = requests
    }

    /// A Topic Filter with its Subscription Options. The filter is well-formed UTF-8; whether it is a valid
    /// filter is for `TopicFilter` to say.
    public struct Request: Hashable, Sendable {
        public var filter: UTF8Text
        public var options: SubscriptionOptions

        public init(filter: UTF8Text, options: SubscriptionOptions) {
            self.filter = filter
            self.options = options
        }
    }
}

/// The Subscription Options byte [MQTT5 §3.8.3.1]; in 3.x only the QoS is used.
public struct SubscriptionOptions: Hashable, BitwiseCopyable, Sendable {
    public var maximumQoS: QoS
    public var noLocal: Bool
    public var retainAsPublished: Bool
    public var retainHandling: RetainHandling

    /// When Retained Messages are sent [MQTT5 §3.8.3.1].
    public enum RetainHandling: UInt8, BitwiseCopyable, Sendable, CaseIterable {
        case sendAtSubscribe = 0
        case sendIfNew = 1
        case doNotSend = 2
    }

    public init(
        maximumQoS: QoS, noLocal: Bool = false, retainAsPublished: Bool = false,
        retainHandling: RetainHandling = .sendAtSubscribe
    ) {
        self.maximumQoS = maximumQoS
        self.noLocal = noLocal
        self.retainAsPublished = retainAsPublished
        self.retainHandling = retainHandling
    }
}

/// SUBACK [MQTT5 §3.9]. In 3.1.1 every failure travels as 0x80; 3.1 knows no failure.
public struct SubackPacket: Hashable, Sendable {
    public var packetID: UInt16
    public var properties = PropertyList()
    public var reasonCodes: [ReasonCode]

    public init(packetID: UInt16, properties: PropertyList = PropertyList(), reasonCodes: [ReasonCode]) {
        self.packetID = packetID
        self.properties = properties
        self.reasonCodes = reasonCodes
    }
}
