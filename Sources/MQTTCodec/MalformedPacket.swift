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

    public init(_ fault: Fault, _ reasonCode: ReasonCode = .malformedPacket) {
        self.fault = fault
        self.reasonCode = reasonCode
    }
}
