import MQTTCodec

/// What goes with a message in MQTT 5.0; in 3.1.1 it is neither sent nor received [MQTT5 §3.3.2.3].
public struct MessageProperties: Sendable, Hashable {
    /// As the packets have it.
    public var list: PropertyList

    /// Those of a packet.
    public init(_ list: PropertyList) { self.list = list }

    /// None.
    public init() { list = PropertyList() }

    /// Named ones; nil and empty ones are left out.
    public init(
        contentType: String? = nil, isText: Bool? = nil, expirySeconds: UInt32? = nil, responseTopic: String? = nil,
        correlationData: [UInt8]? = nil, userProperties: [UserProperty] = []
    ) {
        list = PropertyList()
        self.isText = isText
        self.expirySeconds = expirySeconds
        self.contentType = contentType
        self.responseTopic = responseTopic
        self.correlationData = correlationData
        self.userProperties = userProperties
    }
}

extension MessageProperties {
    /// Such as `application/json`.
    public var contentType: String? {
        get { list.contentType?.string }
        set { set(newValue.map { .contentType(UTF8Text($0)) }, .contentType) }
    }

    /// Whether the payload is UTF-8 text, if the publisher says so (Payload Format Indicator).
    public var isText: Bool? {
        get { list.payloadFormatIndicator.map { $0 == 1 } }
        set { set(newValue.map { .payloadFormatIndicator($0 ? 1 : 0) }, .payloadFormatIndicator) }
    }

    /// Seconds after which the message is of no use any more; of a message that came, what is left of them.
    public var expirySeconds: UInt32? {
        get { list.messageExpiryInterval }
        set { set(newValue.map { .messageExpiryInterval(seconds: $0) }, .messageExpiryInterval) }
    }

    /// Where a response is to be published.
    public var responseTopic: String? {
        get { list.responseTopic?.string }
        set { set(newValue.map { .responseTopic(UTF8Text($0)) }, .responseTopic) }
    }

    /// By which the requester knows its response.
    public var correlationData: [UInt8]? {
        get { list.correlationData }
        set { set(newValue.map { .correlationData($0) }, .correlationData) }
    }

    /// In the order in which they were sent.
    public var userProperties: [UserProperty] {
        get { list.userProperties.map { UserProperty($0.name.string, $0.value.string) } }
        set {
            list.properties.removeAll { $0.identifier == .userProperty }
            list.properties += newValue.map { .userProperty(UTF8Text($0.name), UTF8Text($0.value)) }
        }
    }

    /// Of a message that came: the identifiers of the subscriptions it came by.
    public var subscriptionIdentifiers: [UInt32] { list.subscriptionIdentifiers }

    private mutating func set(_ property: Property?, _ identifier: PropertyIdentifier) {
        list.properties.removeAll { $0.identifier == identifier }
        if let property { list.properties.append(property) }
    }
}
