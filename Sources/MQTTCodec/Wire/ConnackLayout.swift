/// The bytes of CONNACK [MQTT5 §3.2].
extension ConnackPacket {
    init(_ reader: inout PacketReader) throws(MalformedPacket) {
        let flags = try reader.uint8()
        // 3.1 reserves the whole byte; later Session Present is the only flag [MQTT-3.2.2-1].
        guard reader.version == .v3_1 || flags <= 1 else { throw MalformedPacket(.acknowledgeFlags) }
        let code = try Self.reasonCode(&reader)
        sessionPresent = reader.version > .v3_1 && flags == 1
        reasonCode = code
        // [MQTT-3.2.2-6] [MQTT-3.2.2-4 of 3.1.1]
        guard !sessionPresent || code == .success else { throw MalformedPacket(.acknowledgeFlags, .protocolError) }
        properties = try reader.properties(.connack)
        try reader.finish()
    }

    private static func reasonCode(_ reader: inout PacketReader) throws(MalformedPacket) -> ReasonCode {
        guard reader.version < .v5 else { return try reader.reasonCode(in: .connack) }
        switch try reader.uint8() {
        case 0: return .success
        case 1: return .unsupportedProtocolVersion
        case 2: return .clientIdentifierNotValid
        case 3: return .serverUnavailable
        case 4: return .badUserNameOrPassword
        case 5: return .notAuthorized
        default: throw MalformedPacket(.reasonCode, .protocolError)
        }
    }

    func writeBody(_ version: ProtocolVersion, to sink: inout some ByteSink & ~Copyable) {
        sink.append(sessionPresent && version > .v3_1 ? 1 : 0 as UInt8)
        sink.append(version == .v5 ? reasonCode.rawValue : returnCode ?? 0)
        if version == .v5 { properties.writeWithLength(to: &sink) }
    }
}
