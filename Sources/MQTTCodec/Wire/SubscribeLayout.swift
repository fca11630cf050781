/// The bytes of SUBSCRIBE [MQTT5 §3.8].
extension SubscribePacket {
    init(_ reader: inout PacketReader) throws(MalformedPacket) {
        packetID = try reader.packetIdentifier()
        properties = try reader.properties(.subscribe)
        requests = []
        while !reader.isAtEnd {
            let filter = try reader.topicFilter()  // [MQTT-3.8.3-1] [MQTT-3.8.3-1 of 3.1.1]
            let options = try SubscriptionOptions(byte: reader.uint8(), reader.version)
            if options.noLocal, TopicFilter.isShared(filter) {
                throw MalformedPacket(.subscriptionOptions, .protocolError)  // [MQTT-3.8.3-4]
            }
            requests.append(Request(filter: filter, options: options))
        }
        // [MQTT-3.8.3-2] [MQTT-3.8.3-3 of 3.1.1]
        guard !requests.isEmpty else { throw MalformedPacket(.emptyPayload, .protocolError) }
    }

    func writeBody(_ version: ProtocolVersion, to sink: inout some ByteSink & ~Copyable) {
        sink.append(packetID)
        if version == .v5 { properties.writeWithLength(to: &sink) }
        for request in requests {
            sink.append(request.filter)
            sink.append(request.options.byte(version))
        }
    }
}

extension SubscriptionOptions {
    private static let noLocalBit: UInt8 = 0x04
    private static let retainAsPublishedBit: UInt8 = 0x08

    init(byte: UInt8, _ version: ProtocolVersion) throws(MalformedPacket) {
        if version == .v3_1 {
            self.init(maximumQoS: try Self.qos(byte))
            return
        }
        // [MQTT-3.8.3-5] [MQTT-3.8.3-4 of 3.1.1]
        guard byte & (version == .v5 ? 0xC0 : 0xFC) == 0 else { throw MalformedPacket(.subscriptionOptions) }
        guard let retainHandling = RetainHandling(rawValue: byte >> 4 & 3) else {
            throw MalformedPacket(.subscriptionOptions, .protocolError)
        }
        self.init(
            maximumQoS: try Self.qos(byte), noLocal: byte & Self.noLocalBit != 0,
            retainAsPublished: byte & Self.retainAsPublishedBit != 0, retainHandling: retainHandling)
    }

    private static func qos(_ byte: UInt8) throws(MalformedPacket) -> QoS {
        guard let qos = QoS(rawValue: byte & 3) else { throw MalformedPacket(.qos, .protocolError) }
        return qos
    }

    func byte(_ version: ProtocolVersion) -> UInt8 {
        guard version == .v5 else { return maximumQoS.rawValue }
        return maximumQoS.rawValue | (noLocal ? Self.noLocalBit : 0)
            | (retainAsPublished ? Self.retainAsPublishedBit : 0) | retainHandling.rawValue << 4
    }
}

/// The bytes of SUBACK [MQTT5 §3.9].
extension SubackPacket {
    init(_ reader: inout PacketReader) throws(MalformedPacket) {
        packetID = try reader.packetIdentifier()
        properties = try reader.properties(.acknowledgement)
        reasonCodes = []
        while !reader.isAtEnd { reasonCodes.append(try Self.reasonCode(&reader)) }
        guard !reasonCodes.isEmpty else { throw MalformedPacket(.emptyPayload, .protocolError) }
    }

    /// What 3.x knows: the three granted levels, and in 3.1.1 one failure [MQTT-3.9.3-2 of 3.1.1].
    private static func reasonCode(_ reader: inout PacketReader) throws(MalformedPacket) -> ReasonCode {
        let code = try reader.reasonCode(in: .suback)
        let isKnown =
            switch reader.version {
            case .v3_1: !code.isFailure
            case .v3_1_1: !code.isFailure || code == .unspecifiedError
            case .v5: true
            }
        guard isKnown else { throw MalformedPacket(.reasonCode, .protocolError) }
        return code
    }

    func writeBody(_ version: ProtocolVersion, to sink: inout some ByteSink & ~Copyable) {
        sink.append(packetID)
        if version == .v5 { properties.writeWithLength(to: &sink) }
        for code in reasonCodes {
            switch version {
            case .v5: sink.append(code.rawValue)
            case .v3_1_1: sink.append(code.isFailure ? ReasonCode.unspecifiedError.rawValue : code.rawValue)
            case .v3_1: sink.append(code.isFailure ? ReasonCode.success.rawValue : code.rawValue)
            }
        }
    }
}
