/// PUBACK, PUBREC, PUBREL or PUBCOMP: one layout, four meanings [MQTT5 §3.4–3.7].
public struct PublishAcknowledgement: Hashable, Sendable {
    /// Which of the four, by the number of its packet type.
    public enum Kind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
        case puback = 4
        case pubrec, pubrel, pubcomp
    }

    public var kind: Kind
    public var packetID: UInt16
    public var reasonCode: ReasonCode
    public var properties = PropertyList()

    public init(
        _ kind: Kind, packetID: UInt16, reasonCode: ReasonCode = .success, properties: PropertyList = PropertyList()
    ) {
        self.kind = kind
        self.packetID = packetID
        self.reasonCode = reasonCode
        self.properties = properties
    }
}

/// What the data path keeps of an acknowledgement; Reason String and User Properties were checked and dropped.
public struct AcknowledgementView: BitwiseCopyable {
    public var packetID: UInt16
    public var reasonCode: ReasonCode

    @inlinable public init(packetID: UInt16, reasonCode: ReasonCode) {
        self.packetID = packetID
        self.reasonCode = reasonCode
    }
}
