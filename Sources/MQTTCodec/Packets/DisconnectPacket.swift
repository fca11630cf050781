/// DISCONNECT [MQTT5 §3.14]; in 3.x without Reason Code.
public struct DisconnectPacket: Hashable, Sendable {
    public var reasonCode: ReasonCode
    public var properties = PropertyList()

    public init(reasonCode: ReasonCode = .success, properties: PropertyList = PropertyList()) {
        self.reasonCode = reasonCode
        self.properties = properties
    }
}
