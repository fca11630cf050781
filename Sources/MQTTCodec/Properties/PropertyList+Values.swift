/// The properties by name; nil when absent. What absence means is for the reader to say.
extension PropertyList {
    /// 0: bytes, 1: UTF-8.
    public var payloadFormatIndicator: UInt8? {
        first { if case .payloadFormatIndicator(let value) = $0 { value } else { nil } }
    }
    /// Seconds.
    public var messageExpiryInterval: UInt32? {
        first { if case .messageExpiryInterval(let value) = $0 { value } else { nil } }
    }
    public var contentType: UTF8Text? { first { if case .contentType(let value) = $0 { value } else { nil } } }
    public var responseTopic: UTF8Text? { first { if case .responseTopic(let value) = $0 { value } else { nil } } }
    public var correlationData: [UInt8]? { first { if case .correlationData(let value) = $0 { value } else { nil } } }
    /// Seconds; 0xFFFFFFFF is never.
    public var sessionExpiryInterval: UInt32? {
        first { if case .sessionExpiryInterval(let value) = $0 { value } else { nil } }
    }
    /// Assigned Client Identifier, or nil when absent.
    public var assignedClientIdentifier: UTF8Text? {
        first { if case .assignedClientIdentifier(let value) = $0 { value } else { nil } }
    }
    /// Seconds.
    public var serverKeepAlive: UInt16? { first { if case .serverKeepAlive(let value) = $0 { value } else { nil } } }
    /// Authentication Method, or nil when absent.
    public var authenticationMethod: UTF8Text? {
        first { if case .authenticationMethod(let value) = $0 { value } else { nil } }
    }
    /// Authentication Data, or nil when absent.
    public var authenticationData: [UInt8]? {
        first { if case .authenticationData(let value) = $0 { value } else { nil } }
    }
    /// Request Problem Information, or nil when absent.
    public var requestProblemInformation: Bool? {
        first { if case .requestProblemInformation(let value) = $0 { value } else { nil } }
    }
    /// Seconds.
    public var willDelayInterval: UInt32? {
        first { if case .willDelayInterval(let value) = $0 { value } else { nil } }
    }
    /// Request Response Information, or nil when absent.
    public var requestResponseInformation: Bool? {
        first { if case .requestResponseInformation(let value) = $0 { value } else { nil } }
    }
    /// Response Information, or nil when absent.
    public var responseInformation: UTF8Text? {
        first { if case .responseInformation(let value) = $0 { value } else { nil } }
    }
    public var serverReference: UTF8Text? { first { if case .serverReference(let value) = $0 { value } else { nil } } }
    public var reasonString: UTF8Text? { first { if case .reasonString(let value) = $0 { value } else { nil } } }
    public var receiveMaximum: UInt16? { first { if case .receiveMaximum(let value) = $0 { value } else { nil } } }
    /// Topic Alias Maximum, or nil when absent.
    public var topicAliasMaximum: UInt16? {
        first { if case .topicAliasMaximum(let value) = $0 { value } else { nil } }
    }
    public var topicAlias: UInt16? { first { if case .topicAlias(let value) = $0 { value } else { nil } } }
    public var maximumQoS: UInt8? { first { if case .maximumQoS(let value) = $0 { value } else { nil } } }
    public var retainAvailable: Bool? { first { if case .retainAvailable(let value) = $0 { value } else { nil } } }
    /// Bytes.
    public var maximumPacketSize: UInt32? {
        first { if case .maximumPacketSize(let value) = $0 { value } else { nil } }
    }
    /// Wildcard Subscription Available, or nil when absent.
    public var wildcardSubscriptionAvailable: Bool? {
        first { if case .wildcardSubscriptionAvailable(let value) = $0 { value } else { nil } }
    }
    /// Subscription Identifier Available, or nil when absent.
    public var subscriptionIdentifierAvailable: Bool? {
        first { if case .subscriptionIdentifierAvailable(let value) = $0 { value } else { nil } }
    }
    /// Shared Subscription Available, or nil when absent.
    public var sharedSubscriptionAvailable: Bool? {
        first { if case .sharedSubscriptionAvailable(let value) = $0 { value } else { nil } }
    }

    /// Every Subscription Identifier, in order.
    public var subscriptionIdentifiers: [UInt32] {
        properties.compactMap { if case .subscriptionIdentifier(let value) = $0 { value } else { nil } }
    }

    /// Every User Property as name and value, in order.
    public var userProperties: [(name: UTF8Text, value: UTF8Text)] {
        properties.compactMap { if case .userProperty(let name, let value) = $0 { (name, value) } else { nil } }
    }

    private func first<Value>(_ value: (Property) -> Value?) -> Value? {
        for property in properties { if let found = value(property) { return found } }
        return nil
    }
}
