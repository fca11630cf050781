/// UNSUBSCRIBE [MQTT5 §3.10].
public struct UnsubscribePacket: Hashable, Sendable {
    public var packetID: UInt16
    public var properties = PropertyList()
    public var filters: [UTF8Text]

    public init(packetID: UInt16, properties: PropertyList = PropertyList(), filters: [UTF8Text]) {
        self.packetID = packetID
        self.properties = properties
        self.filters = filters
    }
}

/// UNSUBACK [MQTT5 §3.11]; 3.x sends no Reason Codes.
public struct UnsubackPacket: Hashable, Sendable {
    public var packetID: UInt16
    public var properties = PropertyList()
    public var reasonCodes: [ReasonCode]

    public init(packetID: UInt16, properties: PropertyList = PropertyList(), reasonCodes: [ReasonCode]) {
        self.packetID = packetID
        self.properties = properties
        self.reasonCodes = reasonCodes
    }
}
