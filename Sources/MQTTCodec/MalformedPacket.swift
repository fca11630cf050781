/// What is wrong with the bytes of a packet: why, and the Reason Code to answer with [MQTT5 §4.13].
public struct MalformedPacket: Error, Hashable, BitwiseCopyable, Sendable {
    /// What the decoder stumbled over, in the words a log line uses.
    public enum Fault: UInt8, BitwiseCopyable, Sendable, CaseIterable {
        case truncated
        case trailingBytes
        case remainingLength
        case packetTooLarge
        case fixedHeaderFlags
        case packetType
        case protocolName
        case protocolVersion
        case connectFlags
        case acknowledgeFlags
        case utf8
        case variableByteInteger
        case packetIdentifier
        case qos
        case dup
        case topicName
        case topicFilter
        case subscriptionOptions
        case emptyPayload
        case reasonCode
        case propertyUnknown
        case propertyNotAllowed
        case propertyDuplicate
        case propertyValue
        case responseTopic
        case subscriptionIdentifier
        case topicAlias
        case clientIdentifier
    }

    public var fault: Fault
    /// 0x81 Malformed Packet, 0x82 Protocol Error, or a more specific code.
    public var reasonCode: ReasonCode
    /// With a CONNECT that named its protocol rightly: the Protocol Level, so that the refusal can be said in the
    /// form that level reads (below 5 that of 3.1.1, from 5 on that of 5.0).
    public var protocolLevel: UInt8?

    @inlinable public init(_ fault: Fault, _ reasonCode: ReasonCode = .malformedPacket) {
        self.fault = fault
        self.reasonCode = reasonCode
    }
}
