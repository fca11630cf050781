/// CONNACK [MQTT5 §3.2]. In 3.x the Reason Code travels as the nearest return code.
public struct ConnackPacket: Hashable, Sendable {
    public var sessionPresent: Bool
    public var reasonCode: ReasonCode
    public var properties = PropertyList()

    public init(sessionPresent: Bool, reasonCode: ReasonCode, properties: PropertyList = PropertyList()) {
        self.sessionPresent = sessionPresent
        self.reasonCode = reasonCode
        self.properties = properties
    }

    /// The 3.x return code for `reasonCode`, or nil where 3.x has none and the connection is closed silently
    /// [MQTT-3.2.2-6 of 3.1.1].
    public var returnCode: UInt8? {
        switch reasonCode {
        case .success: 0
        case .unsupportedProtocolVersion: 1
        case .clientIdentifierNotValid: 2
        case .serverUnavailable, .serverBusy, .quotaExceeded, .connectionRateExceeded: 3
        case .badUserNameOrPassword: 4
        case .notAuthorized, .banned: 5
        default: nil
        }
    }
}
