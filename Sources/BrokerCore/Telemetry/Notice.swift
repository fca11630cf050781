import MQTTCodec
import MQTTSession

/// Something worth telling people: the one stream that log and `$SYS` are fed from. Rare, so it may allocate.
public enum Notice: Sendable, Equatable {
    case clientConnected(connection: UInt32, clientID: [UInt8], version: ProtocolVersion, sessionPresent: Bool)
    case clientRefused(connection: UInt32, clientID: [UInt8], refusal: Refusal)
    case clientDisconnected(connection: UInt32, clientID: [UInt8], cause: DisconnectCause)
    case messageDropped(topic: [UInt8], clientID: [UInt8], reason: DropReason)
    /// As many more in the same tick.
    case moreMessagesDropped(UInt64)
    case sessionExpired(clientID: [UInt8])
}

/// Why a connection was not let in, each with what would allow it.
public enum Refusal: Sendable, Equatable {
    case malformed(MalformedPacket)
    case notConnect
    case versionNotOffered(ProtocolVersion)
    case unknownVersion
    case authenticationMethod
    case emptyClientID
    case clientIDTooLong
    case anonymous
    case willQoS
    case willRetain
    case willTopic
    case tooManySessions
    case timeout

    /// The Reason Code for CONNACK [MQTT-3.2.2-8].
    public var reasonCode: ReasonCode {
        switch self {
        case .malformed(let malformed): malformed.reasonCode
        case .notConnect: .protocolError
        case .versionNotOffered, .unknownVersion: .unsupportedProtocolVersion
        case .authenticationMethod: .badAuthenticationMethod
        case .emptyClientID, .clientIDTooLong: .clientIdentifierNotValid
        case .anonymous: .notAuthorized
        case .willQoS: .qosNotSupported
        case .willRetain: .retainNotSupported
        case .willTopic: .topicNameInvalid
        case .tooManySessions: .quotaExceeded
        case .timeout: .maximumConnectTime
        }
    }
}

/// Why a connection ended.
public enum DisconnectCause: Sendable, Equatable {
    /// The client sent DISCONNECT with this reason.
    case client(ReasonCode)
    /// The network closed or broke.
    case connectionLost
    case keepAliveTimeout
    case takenOver
    case malformed(MalformedPacket)
    case protocolError(ProtocolError)
    case slowConsumer
    case unfinishedPacketsFull
    case serverShuttingDown

    /// The Reason Code for DISCONNECT, or nil where none is sent.
    public var reasonCode: ReasonCode? {
        switch self {
        case .client, .connectionLost: nil
        case .keepAliveTimeout: .keepAliveTimeout
        case .takenOver: .sessionTakenOver
        case .malformed(let malformed): malformed.reasonCode
        case .protocolError(let name): name.reasonCode
        case .slowConsumer, .unfinishedPacketsFull: .quotaExceeded
        case .serverShuttingDown: .serverShuttingDown
        }
    }
}
