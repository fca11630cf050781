/// The bytes of UNSUBSCRIBE [MQTT5 §3.10].
extension UnsubscribePacket {
    init(_ reader: inout PacketReader) throws(MalformedPacket) {
        packetID = try reader.packetIdentifier()
        properties = try reader.properties(.unsubscribe)
        filters = []
        while !reader.isAtEnd { filters.append(try reader.topicFilter()) }  // [MQTT-3.10.3-1] [MQTT-3.10.3-1 of 3.1.1]
        // [MQTT-3.10.3-2] [MQTT-3.10.3-2 of 3.1.1]
        guard !filters.isEmpty else { throw MalformedPacket(.emptyPayload, .protocolError) }
    }

    func writeBody(_ version: ProtocolVersion, to sink: inout some ByteSink & ~Copyable) {
        sink.append(packetID)
        if version == .v5 { properties.writeWithLength(to: &sink) }
        for filter in filters { sink.append(filter) }
    }
}

/// The bytes of UNSUBACK [MQTT5 §3.11].
extension UnsubackPacket {
    init(_ reader: inout PacketReader) throws(MalformedPacket) {
        packetID = try reader.packetIdentifier()
        properties = try reader.properties(.acknowledgement)
        reasonCodes = []
        if reader.version == .v5 {
            while !reader.isAtEnd { reasonCodes.append(try reader.reasonCode(in: .unsuback)) }
        }
        try reader.finish()
        guard reader.version < .v5 || !reasonCodes.isEmpty else { throw MalformedPacket(.emptyPayload, .protocolError) }
    }

    func writeBody(_ version: ProtocolVersion, to sink: inout some ByteSink & ~Copyable) {
        sink.append(packetID)
        guard version == .v5 else { return }
        properties.writeWithLength(to: &sink)
        for code in reasonCodes { sink.append(code.rawValue) }
    }
}
