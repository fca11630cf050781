import MQTTCodec

/// What the peer did wrong in the dialogue, the bytes being right; its Reason Code goes into DISCONNECT [MQTT5 §4.13].
public enum ProtocolError: Error, Hashable, BitwiseCopyable, Sendable {
    case secondConnect
    case packetOfServer
    /// To a client: CONNACK twice, or something before it.
    case packetOutOfPlace
    /// To a client: an answer to a packet that it did not send.
    case answerToNothing
    /// To a client: not as many Reason Codes as were asked for.
    case reasonCodeCount
    case authenticationNotStarted
    case topicAliasInvalid
    case topicAliasUnknown
    case receiveMaximumExceeded
    case retainNotSupported
    case qosNotSupported
    case acknowledgementOfOtherKind
    case sessionExpiryRaisedFromZero

    /// The Reason Code for DISCONNECT [MQTT5 §4.13].
    public var reasonCode: ReasonCode {
        switch self {
        case .secondConnect, .packetOfServer, .packetOutOfPlace, .answerToNothing, .reasonCodeCount, .authenticationNotStarted,
            .topicAliasUnknown,
            .acknowledgementOfOtherKind, .sessionExpiryRaisedFromZero:
            .protocolError
        case .topicAliasInvalid: .topicAliasInvalid
        case .receiveMaximumExceeded: .receiveMaximumExceeded
        case .retainNotSupported: .retainNotSupported
        case .qosNotSupported: .qosNotSupported
        }
    }
}
