/// AUTH, in MQTT 5.0 only [MQTT5 §3.15].
public struct AuthPacket: Hashable, Sendable {
    public var reasonCode: ReasonCode
    public var properties = PropertyList()

    public init(reasonCode: ReasonCode, properties: PropertyList = PropertyList()) {
        self.reasonCode = reasonCode
        self.properties = properties
    }
}
