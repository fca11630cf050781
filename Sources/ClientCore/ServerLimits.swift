import MQTTCodec

/// What the server allows on this connection: CONNACK's properties with the standard's defaults [MQTT5 §3.2.2.3].
struct ServerLimits {
    var maximumQoS = QoS.exactlyOnce
    var retainAvailable = true
    var maximumPacketSize = UInt32(MQTTCodec.maximumRemainingLength + 5)
    var receiveMaximum = 65_535
    var topicAliasMaximum: UInt16 = 0
    var wildcardSubscriptionAvailable = true
    var subscriptionIdentifiersAvailable = false
    var sharedSubscriptionAvailable = true

    init() {}

    init(_ properties: PropertyList, version: ProtocolVersion) {
        guard version == .v5 else { return }
        if let value = properties.maximumQoS, let qos = QoS(rawValue: value) { maximumQoS = qos }
        retainAvailable = properties.retainAvailable ?? true
        if let value = properties.maximumPacketSize { maximumPacketSize = value }
        if let value = properties.receiveMaximum { receiveMaximum = Int(value) }
        topicAliasMaximum = properties.topicAliasMaximum ?? 0  // [MQTT-3.2.2-18]
        wildcardSubscriptionAvailable = properties.wildcardSubscriptionAvailable ?? true
        subscriptionIdentifiersAvailable = properties.subscriptionIdentifierAvailable ?? true
        sharedSubscriptionAvailable = properties.sharedSubscriptionAvailable ?? true
    }
}

extension ConnectionInfo {
    init(
        _ packet: ConnackPacket, server: ServerAddress, clientID: String, keepAliveSeconds: UInt16, limits: ServerLimits,
        sessionExpirySeconds: UInt32?
    ) {
        self.server = server
        sessionPresent = packet.sessionPresent
        self.clientID = clientID
        self.keepAliveSeconds = keepAliveSeconds
        self.sessionExpirySeconds = sessionExpirySeconds
        maximumQoS = limits.maximumQoS
        retainAvailable = limits.retainAvailable
        maximumPacketSize = limits.maximumPacketSize
        receiveMaximum = UInt16(clamping: limits.receiveMaximum)
        topicAliasMaximum = limits.topicAliasMaximum
        wildcardSubscriptionAvailable = limits.wildcardSubscriptionAvailable
        subscriptionIdentifiersAvailable = limits.subscriptionIdentifiersAvailable
        sharedSubscriptionAvailable = limits.sharedSubscriptionAvailable
        responseInformation = packet.properties.responseInformation?.string
        userProperties = packet.properties.userProperties.map { UserProperty($0.name.string, $0.value.string) }
    }
}
