extension ReasonCode {
    /// Whether `sender` may put this code into a packet of `type` in MQTT 5.0 [MQTT5 §2.4].
    ///
    /// 0x8C in DISCONNECT is in one of the standard's tables and not in the other: it is accepted. 0x9B in DISCONNECT
    /// is accepted from clients too, as §3.3.4 has them send it.
    @inlinable public func isAllowed(in type: PacketType, from sender: Sender) -> Bool {
        switch type {
        case .puback, .pubrec: isAllowedForPublish  // [MQTT-3.4.2-1] [MQTT-3.5.2-1]
        case .pubrel, .pubcomp: self == .success || self == .packetIdentifierNotFound  // [MQTT-3.6.2-1] [MQTT-3.7.2-1]
        default: isAllowedInRare(type, from: sender)
        }
    }

    @usableFromInline var isAllowedForPublish: Bool {
        switch self {
        case .success, .noMatchingSubscribers, .unspecifiedError, .implementationSpecificError, .notAuthorized,
            .topicNameInvalid, .packetIdentifierInUse, .quotaExceeded, .payloadFormatInvalid:
            true
        default: false
        }
    }

    @usableFromInline func isAllowedInRare(_ type: PacketType, from sender: Sender) -> Bool {
        switch type {
        case .connack: isAllowedInConnack
        case .suback: isAllowedInSuback
        case .unsuback: isAllowedInUnsuback
        case .disconnect: isAllowedInDisconnect(from: sender)
        case .auth:
            switch self {  // [MQTT-3.15.2-1]
            case .success: sender == .server
            case .continueAuthentication: true
            case .reAuthenticate: sender == .client
            default: false
            }
        default: false
        }
    }

    /// [MQTT-3.2.2-8]
    private var isAllowedInConnack: Bool {
        switch self {
        case .success, .unspecifiedError, .malformedPacket, .protocolError, .implementationSpecificError,
            .unsupportedProtocolVersion, .clientIdentifierNotValid, .badUserNameOrPassword, .notAuthorized,
            .serverUnavailable, .serverBusy, .banned, .badAuthenticationMethod, .topicNameInvalid, .packetTooLarge,
            .quotaExceeded, .payloadFormatInvalid, .retainNotSupported, .qosNotSupported, .useAnotherServer,
            .serverMoved, .connectionRateExceeded:
            true
        default: false
        }
    }

    /// [MQTT-3.9.3-2]
    private var isAllowedInSuback: Bool {
        switch self {
        case .success, .grantedQoS1, .grantedQoS2, .unspecifiedError, .implementationSpecificError, .notAuthorized,
            .topicFilterInvalid, .packetIdentifierInUse, .quotaExceeded, .sharedSubscriptionsNotSupported,
            .subscriptionIdentifiersNotSupported, .wildcardSubscriptionsNotSupported:
            true
        default: false
        }
    }

    /// [MQTT-3.11.3-2]
    private var isAllowedInUnsuback: Bool {
        switch self {
        case .success, .noSubscriptionExisted, .unspecifiedError, .implementationSpecificError, .notAuthorized,
            .topicFilterInvalid, .packetIdentifierInUse:
            true
        default: false
        }
    }

    /// [MQTT-3.14.2-1]
    private func isAllowedInDisconnect(from sender: Sender) -> Bool {
        switch self {
        case .success, .unspecifiedError, .malformedPacket, .protocolError, .implementationSpecificError,
            .badAuthenticationMethod, .topicNameInvalid, .receiveMaximumExceeded, .topicAliasInvalid, .packetTooLarge,
            .messageRateTooHigh, .quotaExceeded, .administrativeAction, .payloadFormatInvalid, .qosNotSupported:
            true
        case .disconnectWithWillMessage:
            sender == .client
        case .notAuthorized, .serverBusy, .serverShuttingDown, .keepAliveTimeout, .sessionTakenOver,
            .topicFilterInvalid, .retainNotSupported, .useAnotherServer, .serverMoved,
            .sharedSubscriptionsNotSupported, .connectionRateExceeded, .maximumConnectTime,
            .subscriptionIdentifiersNotSupported, .wildcardSubscriptionsNotSupported:
            sender == .server
        default: false
        }
    }
}
