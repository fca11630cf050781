import Primitives

/// Packets → bytes, in the shortest form the standard allows [MQTT-1.5.5-1].
public enum PacketEncoder {
    /// Appends `packet`. What `version` has no words for is not written at all: AUTH before MQTT 5.0, and a CONNACK
    /// whose Reason Code has no return code in 3.x [MQTT-3.2.2-6 of 3.1.1].
    ///
    /// Strings and Binary Data are at most 65,535 bytes long, and the whole fits a Remaining Length: a violation is
    /// a mistake of the caller and traps.
    public static func encode(_ packet: Packet, version: ProtocolVersion, into buffer: inout ByteBuffer) {
        guard packet.exists(in: version) else { return }
        buffer.append(packet.firstByte)
        buffer.append(variable: bodyLength(packet, version))
        packet.writeBody(version, to: &buffer)
    }

    /// How many bytes `encode` would append.
    public static func encodedLength(_ packet: Packet, version: ProtocolVersion) -> Int {
        guard packet.exists(in: version) else { return 0 }
        let body = bodyLength(packet, version)
        return 1 + VariableByteInteger.length(UInt32(clamping: body)) + body
    }

    private static func bodyLength(_ packet: Packet, _ version: ProtocolVersion) -> Int {
        var count = ByteCount()
        packet.writeBody(version, to: &count)
        return count.count
    }
}

extension Packet {
    /// The type of this packet.
    public var type: PacketType {
        switch self {
        case .connect: .connect
        case .connack: .connack
        case .publish: .publish
        case .acknowledgement(let packet): packet.kind.packetType
        case .subscribe: .subscribe
        case .suback: .suback
        case .unsubscribe: .unsubscribe
        case .unsuback: .unsuback
        case .pingRequest: .pingRequest
        case .pingResponse: .pingResponse
        case .disconnect: .disconnect
        case .auth: .auth
        }
    }

    fileprivate func exists(in version: ProtocolVersion) -> Bool {
        switch self {
        case .auth: version == .v5
        case .connack(let packet): version == .v5 || packet.returnCode != nil
        default: true
        }
    }

    fileprivate var firstByte: UInt8 {
        if case .publish(let packet) = self { return type.rawValue << 4 | packet.flags }
        return type.rawValue << 4 | type.requiredFlags
    }

    fileprivate func writeBody(_ version: ProtocolVersion, to sink: inout some ByteSink & ~Copyable) {
        switch self {
        case .connect(let packet): packet.writeBody(to: &sink)
        case .connack(let packet): packet.writeBody(version, to: &sink)
        case .publish(let packet): packet.writeBody(version, to: &sink)
        case .acknowledgement(let packet): packet.writeBody(version, to: &sink)
        case .subscribe(let packet): packet.writeBody(version, to: &sink)
        case .suback(let packet): packet.writeBody(version, to: &sink)
        case .unsubscribe(let packet): packet.writeBody(version, to: &sink)
        case .unsuback(let packet): packet.writeBody(version, to: &sink)
        case .pingRequest, .pingResponse: break
        case .disconnect(let packet): packet.writeBody(version, to: &sink)
        case .auth(let packet): packet.writeBody(to: &sink)
        }
    }
}
