/// The bytes of DISCONNECT [MQTT5 §3.14].
extension DisconnectPacket {
    init(_ reader: inout PacketReader) throws(MalformedPacket) {
        reasonCode = .success
        if reader.version == .v5, !reader.isAtEnd {
            reasonCode = try reader.reasonCode(in: .disconnect)
            if !reader.isAtEnd { properties = try reader.properties(.disconnect(from: reader.sender)) }
        }
        try reader.finish()
    }

    /// The shortest of the forms that are allowed: empty, without properties, or with both.
    func writeBody(_ version: ProtocolVersion, to sink: inout some ByteSink & ~Copyable) {
        if version < .v5 || reasonCode == .success && properties.isEmpty { return }
        sink.append(reasonCode.rawValue)
        if !properties.isEmpty { properties.writeWithLength(to: &sink) }
    }
}

/// The bytes of AUTH [MQTT5 §3.15].
extension AuthPacket {
    init(_ reader: inout PacketReader) throws(MalformedPacket) {
        reasonCode = reader.isAtEnd ? .success : try reader.reasonCode(in: .auth)
        // Without properties there is no Authentication Method, which AUTH must have.
        guard !reader.isAtEnd else { throw MalformedPacket(.propertyValue, .protocolError) }
        properties = try reader.properties(.auth)
        try reader.finish()
    }

    func writeBody(to sink: inout some ByteSink & ~Copyable) {
        sink.append(reasonCode.rawValue)
        properties.writeWithLength(to: &sink)
    }
}
