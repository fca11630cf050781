import Primitives

/// The bytes of PUBACK, PUBREC, PUBREL and PUBCOMP [MQTT5 §3.4–3.7].
extension PublishAcknowledgement {
    init(_ kind: Kind, flags: UInt8, body: UnsafeRawBufferPointer, version: ProtocolVersion) throws(MalformedPacket) {
        let view = try PacketDecoder.acknowledgement(kind, flags: flags, body: body, version: version)
        self.init(kind, packetID: view.packetID, reasonCode: view.reasonCode)
        if body.count > 3 {
            var reader = ByteReader(UnsafeRawBufferPointer(rebasing: body[3...]))
            guard let lead = reader.uint8() else { return }
            properties = try PropertyList(
                PacketDecoder.propertyBytes(after: lead, &reader), in: .acknowledgement, controlCharactersAllowed: true)
        }
    }

    /// The shortest of the forms that are allowed: without Reason Code, without properties, or with both.
    func writeBody(_ version: ProtocolVersion, to sink: inout some ByteSink & ~Copyable) {
        sink.append(packetID)
        if version < .v5 || reasonCode == .success && properties.isEmpty { return }
        sink.append(reasonCode.rawValue)
        if !properties.isEmpty { properties.writeWithLength(to: &sink) }
    }
}

extension PublishAcknowledgement.Kind {
    /// The packet type of this acknowledgement.
    @inlinable public var packetType: PacketType {
        switch self {
        case .puback: .puback
        case .pubrec: .pubrec
        case .pubrel: .pubrel
        case .pubcomp: .pubcomp
        }
    }

    /// 2 for PUBREL, 0 for the others [MQTT-3.6.1-1] [MQTT-3.6.1-1 of 3.1.1].
    @inlinable public var fixedHeaderFlags: UInt8 { self == .pubrel ? 2 : 0 }
}

extension PacketDecoder {
    /// Decodes an acknowledgement in place. `flags` is the low half of its first byte, `body` what follows the
    /// fixed header.
    @inlinable @inline(__always)
    public static func acknowledgement(
        _ kind: PublishAcknowledgement.Kind, flags: UInt8, body: UnsafeRawBufferPointer, version: ProtocolVersion
    ) throws(MalformedPacket) -> AcknowledgementView {
        // [MQTT-2.1.3-1]; 3.1 sets DUP on a retried PUBREL.
        guard flags == kind.fixedHeaderFlags || version == .v3_1 else { throw MalformedPacket(.fixedHeaderFlags) }
        var reader = ByteReader(body)
        guard let packetID = reader.uint16() else { throw MalformedPacket(.truncated) }
        guard packetID != 0 else { throw MalformedPacket(.packetIdentifier, .protocolError) }
        if reader.isAtEnd { return AcknowledgementView(packetID: packetID, reasonCode: .success) }
        guard version == .v5 else { throw MalformedPacket(.trailingBytes) }
        return try AcknowledgementView(packetID: packetID, reasonCode: reasonAndProperties(kind, &reader))
    }

    @usableFromInline static func reasonAndProperties(
        _ kind: PublishAcknowledgement.Kind, _ reader: inout ByteReader
    ) throws(MalformedPacket) -> ReasonCode {
        guard let byte = reader.uint8(), let code = ReasonCode(rawValue: byte),
            code.isAllowed(in: kind.packetType, from: .server)
        else { throw MalformedPacket(.reasonCode, .protocolError) }
        guard let lead = reader.uint8() else { return code }
        var properties = PropertyReader(
            try propertyBytes(after: lead, &reader), in: .acknowledgement, controlCharactersAllowed: true)
        while try properties.next() != nil {}
        guard reader.isAtEnd else { throw MalformedPacket(.trailingBytes) }
        return code
    }
}
