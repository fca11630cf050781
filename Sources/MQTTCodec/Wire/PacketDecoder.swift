import Primitives

/// Bytes → packets: first where one ends, then what it says [MQTT5 §2].
public enum PacketDecoder {
    /// The fixed header of a packet [MQTT5 §2.1].
    public struct Frame: BitwiseCopyable, Sendable {
        public var firstByte: UInt8
        /// Of the first byte and the Remaining Length.
        public var headerLength: Int
        /// The Remaining Length.
        public var bodyLength: Int

        @inlinable public init(firstByte: UInt8, headerLength: Int, bodyLength: Int) {
            self.firstByte = firstByte
            self.headerLength = headerLength
            self.bodyLength = bodyLength
        }

        /// What Maximum Packet Size limits.
        @inlinable public var totalLength: Int { headerLength &+ bodyLength }
        /// Nil for the number 0, which no packet has.
        @inlinable public var type: PacketType? { PacketType(rawValue: firstByte >> 4) }
        @inlinable public var flags: UInt8 { firstByte & 0x0F }
    }

    /// Reads a fixed header, or nil when it is not complete yet; the body need not be there.
    ///
    /// Throws for a Remaining Length of more than four bytes, and in MQTT 5.0 for one that is not minimal
    /// [MQTT-1.5.5-1]; with `version` nil (before CONNECT is known) that is left to `packet`.
    @inlinable
    public static func frame(
        _ bytes: UnsafeRawBufferPointer, version: ProtocolVersion?
    ) throws(MalformedPacket) -> Frame? {
        var reader = ByteReader(bytes)
        guard let first = reader.uint8() else { return nil }
        switch VariableByteInteger.read(&reader) {
        case .incomplete:
            // What no packet begins with need not be waited for.
            guard first >> 4 != 0 else { throw MalformedPacket(.packetType) }
            return nil
        case .tooLong: throw MalformedPacket(.remainingLength)
        case .value(let length, let isMinimal):
            guard isMinimal || version != .v5 else { throw MalformedPacket(.remainingLength) }
            return Frame(firstByte: first, headerLength: reader.offset, bodyLength: Int(length))
        }
    }

    /// Decodes any packet to a value. `body` is what follows the fixed header, all of it.
    ///
    /// A CONNECT says its version itself; every other packet needs one, and without it is a Protocol Error
    /// [MQTT-3.1.0-1] [MQTT-3.1.0-1 of 3.1.1].
    public static func packet(
        _ frame: Frame, body: UnsafeRawBufferPointer, version: ProtocolVersion?, sender: Sender,
        controlCharactersAllowed: Bool
    ) throws(MalformedPacket) -> Packet {
        guard let type = frame.type, type != .auth || version ?? .v5 == .v5 else {
            throw MalformedPacket(.packetType)
        }
        guard type.isSent(by: sender, version) else { throw MalformedPacket(.packetType, .protocolError) }
        if type == .connect {
            let packet = try connect(flags: frame.flags, body: body, controlCharactersAllowed: controlCharactersAllowed)
            guard isMinimal(frame, packet.version) else {
                var malformed = MalformedPacket(.remainingLength)
                malformed.protocolLevel = packet.version.rawValue
                throw malformed
            }
            return .connect(packet)
        }
        guard let version else { throw MalformedPacket(.packetType, .protocolError) }
        guard isMinimal(frame, version) else { throw MalformedPacket(.remainingLength) }
        switch type {
        case .publish:
            let view = try publish(
                flags: frame.flags, body: body, version: version, sender: sender,
                controlCharactersAllowed: controlCharactersAllowed)
            return .publish(
                try PublishPacket(view, sender: sender, controlCharactersAllowed: controlCharactersAllowed))
        case .puback, .pubrec, .pubrel, .pubcomp:
            guard let kind = PublishAcknowledgement.Kind(rawValue: type.rawValue) else {
                throw MalformedPacket(.packetType)
            }
            return .acknowledgement(
                try PublishAcknowledgement(kind, flags: frame.flags, body: body, version: version))
        default:
            guard frame.flags == type.requiredFlags || version == .v3_1 else {
                throw MalformedPacket(.fixedHeaderFlags)  // [MQTT-2.1.3-1] [MQTT-2.2.2-2 of 3.1.1]
            }
            var reader = PacketReader(
                body, version: version, sender: sender, controlCharactersAllowed: controlCharactersAllowed)
            return try rarePacket(type, &reader)
        }
    }

    /// Decodes the CONNECT a connection must begin with. `flags` is the low half of its first byte, `body` what
    /// follows the fixed header.
    ///
    /// A failure carries the Protocol Level it was found at, so that it can be answered in that level's form:
    /// below 5 a return code (`ConnackPacket.returnCode`, if there is one), from 5 on the Reason Code.
    public static func connect(
        flags: UInt8, body: UnsafeRawBufferPointer, controlCharactersAllowed: Bool
    ) throws(MalformedPacket) -> ConnectPacket {
        var reader = PacketReader(
            body, version: .v3_1_1, sender: .client, controlCharactersAllowed: controlCharactersAllowed)
        return try ConnectPacket(flags: flags, &reader)
    }

    /// The Protocol Level in the beginning of a CONNECT's body, if it has come and its protocol is ours: enough to refuse a
    /// packet that is too large in the form its sender reads.
    public static func protocolLevel(_ body: UnsafeRawBufferPointer) -> UInt8? {
        var reader = PacketReader(body, version: .v3_1_1, sender: .client, controlCharactersAllowed: false)
        do throws(MalformedPacket) {
            return try ConnectPacket.protocolLevel(&reader).level
        } catch {
            return nil
        }
    }

    private static func rarePacket(
        _ type: PacketType, _ reader: inout PacketReader
    ) throws(MalformedPacket) -> Packet {
        switch type {
        case .connack: return .connack(try ConnackPacket(&reader))
        case .subscribe: return .subscribe(try SubscribePacket(&reader))
        case .suback: return .suback(try SubackPacket(&reader))
        case .unsubscribe: return .unsubscribe(try UnsubscribePacket(&reader))
        case .unsuback: return .unsuback(try UnsubackPacket(&reader))
        case .disconnect: return .disconnect(try DisconnectPacket(&reader))
        case .auth: return .auth(try AuthPacket(&reader))
        case .pingRequest, .pingResponse:
            try reader.finish()
            return type == .pingRequest ? .pingRequest : .pingResponse
        case .connect, .publish, .puback, .pubrec, .pubrel, .pubcomp: throw MalformedPacket(.packetType)
        }
    }

    /// Whether the Remaining Length is in its shortest form, where the version asks for it [MQTT-1.5.5-1].
    private static func isMinimal(_ frame: Frame, _ version: ProtocolVersion) -> Bool {
        version < .v5 || frame.headerLength == 1 + VariableByteInteger.length(UInt32(truncatingIfNeeded: frame.bodyLength))
    }
}

extension PacketType {
    /// The flags of the fixed header of every packet but PUBLISH
    /// [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.14.1-1] [MQTT-3.15.1-1]
    /// [MQTT-3.8.1-1 of 3.1.1] [MQTT-3.10.1-1 of 3.1.1] [MQTT-3.14.1-1 of 3.1.1].
    var requiredFlags: UInt8 { self == .pubrel || self == .subscribe || self == .unsubscribe ? 2 : 0 }

    /// Whether this packet goes in that direction at all; DISCONNECT from a server came with MQTT 5.0.
    func isSent(by sender: Sender, _ version: ProtocolVersion?) -> Bool {
        switch self {
        case .connect, .subscribe, .unsubscribe, .pingRequest: sender == .client
        case .connack, .suback, .unsuback, .pingResponse: sender == .server
        case .disconnect: sender == .client || version == .v5
        case .publish, .puback, .pubrec, .pubrel, .pubcomp, .auth: true
        }
    }
}
