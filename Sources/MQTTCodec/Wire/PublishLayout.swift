import Primitives

/// The bytes of PUBLISH [MQTT5 §3.3].
extension PublishPacket {
    init(_ view: PublishView, sender: Sender, controlCharactersAllowed: Bool) throws(MalformedPacket) {
        topic = UTF8Text(unchecked: Array(view.topic))
        qos = view.qos
        dup = view.dup
        retain = view.retain
        packetID = view.qos == .atMostOnce ? nil : view.packetID
        properties = try PropertyList(
            view.properties, in: .publish(from: sender), controlCharactersAllowed: controlCharactersAllowed)
        payload = Array(view.payload)
    }

    var flags: UInt8 { (dup ? 0x08 : 0) | qos.rawValue << 1 | (retain ? 0x01 : 0) }

    func writeBody(_ version: ProtocolVersion, to sink: inout some ByteSink & ~Copyable) {
        sink.append(topic)
        if qos > .atMostOnce { sink.append(packetID ?? 0) }  // [MQTT-2.2.1-2] [MQTT-2.3.1-5 of 3.1.1]
        if version == .v5 { properties.writeWithLength(to: &sink) }
        sink.append(payload)
    }
}

extension PublishView {
    /// Its properties as values; throws what the decoder would.
    public func propertyList(from sender: Sender, controlCharactersAllowed: Bool) throws(MalformedPacket) -> PropertyList {
        try PropertyList(properties, in: .publish(from: sender), controlCharactersAllowed: controlCharactersAllowed)
    }
}

extension PacketDecoder {
    /// Decodes a PUBLISH in place. `flags` is the low half of its first byte, `body` what follows the fixed header.
    @inlinable @inline(__always)
    public static func publish(
        flags: UInt8, body: UnsafeRawBufferPointer, version: ProtocolVersion, sender: Sender,
        controlCharactersAllowed: Bool
    ) throws(MalformedPacket) -> PublishView {
        // [MQTT-3.3.1-4] [MQTT-3.3.1-4 of 3.1.1]
        guard let qos = QoS(rawValue: flags >> 1 & 3) else { throw MalformedPacket(.qos) }
        // [MQTT-3.3.1-2] [MQTT-3.3.1-2 of 3.1.1]; 3.1 does not forbid it.
        if qos == .atMostOnce, flags & 0x08 != 0, version > .v3_1 { throw MalformedPacket(.dup) }

        var reader = ByteReader(body)
        guard let length = reader.uint16(), let topic = reader.bytes(Int(length)) else {
            throw MalformedPacket(.truncated)
        }
        switch TopicName.check(topic, controlCharactersAllowed: controlCharactersAllowed) {
        case .valid: break
        case .empty: if version < .v5 { throw MalformedPacket(.topicName, .protocolError) }  // [MQTT-4.7.3-1 of 3.1.1]
        case .illFormed: throw MalformedPacket(.utf8)  // [MQTT-3.3.2-1]
        case .wildcard: throw MalformedPacket(.topicName, .topicNameInvalid)  // [MQTT-3.3.2-2]
        }
        var packetID: UInt16 = 0
        if qos != .atMostOnce {
            guard let read = reader.uint16() else { throw MalformedPacket(.truncated) }
            guard read != 0 else { throw MalformedPacket(.packetIdentifier, .protocolError) }  // [MQTT-2.2.1-3]
            packetID = read
        }
        var properties = PropertySummary()
        if version == .v5 {
            guard let lead = reader.uint8() else { throw MalformedPacket(.truncated) }
            if lead != 0 {
                properties = try PropertySummary(
                    after: lead, &reader, sender: sender, controlCharactersAllowed: controlCharactersAllowed)
            }
            // An empty topic needs an alias that stands for it.
            if topic.isEmpty, properties.topicAlias == 0 { throw MalformedPacket(.topicName, .protocolError) }
        }
        return PublishView(
            topic: topic, packetID: packetID, qos: qos, dup: flags & 0x08 != 0, retain: flags & 0x01 != 0,
            properties: properties.bytes, propertiesAreForwardable: properties.areForwardable,
            topicAlias: properties.topicAlias, messageExpirySeconds: properties.messageExpirySeconds,
            payload: reader.rest())
    }

    /// The properties whose Property Length begins with the byte `lead`.
    static func propertyBytes(
        after lead: UInt8, _ reader: inout ByteReader
    ) throws(MalformedPacket) -> UnsafeRawBufferPointer {
        var length = Int(lead & 0x7F)
        var shift = 7
        var last = lead
        while last >= 0x80 {
            guard shift < 28 else { throw MalformedPacket(.variableByteInteger) }
            guard let byte = reader.uint8() else { throw MalformedPacket(.truncated) }
            length |= Int(byte & 0x7F) &<< shift
            shift &+= 7
            last = byte
        }
        guard last != 0 || shift == 7 else { throw MalformedPacket(.variableByteInteger) }  // [MQTT-1.5.5-1]
        guard let bytes = reader.bytes(length) else { throw MalformedPacket(.truncated) }
        return bytes
    }
}

/// What the data path wants to know of the properties of a PUBLISH.
@usableFromInline struct PropertySummary: BitwiseCopyable {
    @usableFromInline var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    @usableFromInline var areForwardable = true
    @usableFromInline var topicAlias: UInt16 = 0
    @usableFromInline var messageExpirySeconds: UInt32?

    /// Of a packet without properties.
    @inlinable @inline(__always) init() {}

    /// Checks the properties whose Property Length begins with the byte `lead`.
    @usableFromInline
    init(
        after lead: UInt8, _ reader: inout ByteReader, sender: Sender, controlCharactersAllowed: Bool
    ) throws(MalformedPacket) {
        bytes = try PacketDecoder.propertyBytes(after: lead, &reader)
        var properties = PropertyReader(
            bytes, in: .publish(from: sender), controlCharactersAllowed: controlCharactersAllowed)
        while let property = try properties.next() {
            switch property.identifier {
            case .topicAlias: topicAlias = UInt16(truncatingIfNeeded: property.number)
            case .messageExpiryInterval: messageExpirySeconds = property.number
            case .subscriptionIdentifier: break
            default: continue
            }
            areForwardable = false
        }
    }
}
