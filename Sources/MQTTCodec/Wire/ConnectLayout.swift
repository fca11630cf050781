/// The bytes of CONNECT [MQTT5 §3.1].
extension ConnectPacket {
    private enum Flag {
        static let reserved: UInt8 = 0x01
        static let cleanStart: UInt8 = 0x02
        static let will: UInt8 = 0x04
        static let willQoS: UInt8 = 0x18
        static let willRetain: UInt8 = 0x20
        static let password: UInt8 = 0x40
        static let userName: UInt8 = 0x80
    }

    /// The level bit by which another broker's bridge makes itself known.
    private static let bridge: UInt8 = 0x80

    /// Which version a protocol name and level mean; nil for a pair nobody has defined.
    private static func version(name: UnsafeRawBufferPointer, level: UInt8) -> ProtocolVersion? {
        switch level {
        case 3, 3 | bridge: name.elementsEqual("MQIsdp".utf8) ? .v3_1 : nil
        case 4, 4 | bridge: name.elementsEqual("MQTT".utf8) ? .v3_1_1 : nil
        case 5: name.elementsEqual("MQTT".utf8) ? .v5 : nil
        default: nil
        }
    }

    /// The protocol name, which has to be one of the two there are, and the Protocol Level
    /// [MQTT-3.1.2-1] [MQTT-3.1.2-1 of 3.1.1].
    static func protocolLevel(
        _ reader: inout PacketReader
    ) throws(MalformedPacket) -> (name: UnsafeRawBufferPointer, level: UInt8) {
        let name = try reader.binary()
        guard name.elementsEqual("MQTT".utf8) || name.elementsEqual("MQIsdp".utf8) else {
            throw MalformedPacket(.protocolName, .unsupportedProtocolVersion)
        }
        return (name, try reader.uint8())
    }

    /// Decodes the body, whose version is in it. `flags` are those of the fixed header.
    init(flags: UInt8, _ reader: inout PacketReader) throws(MalformedPacket) {
        let (name, level) = try Self.protocolLevel(&reader)
        do throws(MalformedPacket) {
            // [MQTT-3.1.2-2] [MQTT-3.1.2-2 of 3.1.1]
            guard let version = Self.version(name: name, level: level) else {
                throw MalformedPacket(.protocolVersion, .unsupportedProtocolVersion)
            }
            // [MQTT-2.1.3-1] [MQTT-2.2.2-1 of 3.1.1] [MQTT-2.2.2-2 of 3.1.1]
            guard flags == 0 || version == .v3_1 else { throw MalformedPacket(.fixedHeaderFlags) }
            reader.version = version
            try self.init(version, isBridge: level & Self.bridge != 0, &reader)
            try reader.finish()  // [MQTT-3.1.2-16] [MQTT-3.1.2-18] [MQTT-3.1.2-18 of 3.1.1] [MQTT-3.1.2-20 of 3.1.1]
        } catch {
            var explained = error
            explained.protocolLevel = level
            throw explained
        }
    }

    /// The fields in their order [MQTT-3.1.3-1] [MQTT-3.1.3-1 of 3.1.1].
    private init(_ version: ProtocolVersion, isBridge: Bool, _ reader: inout PacketReader) throws(MalformedPacket) {
        let flags = try reader.uint8()
        let willQoS = try Self.checkedWillQoS(flags, version)
        let keepAlive = try reader.uint16()
        let properties = try reader.properties(.connect)
        self.init(
            version: version, cleanStart: flags & Flag.cleanStart != 0, keepAliveSeconds: keepAlive,
            clientID: try reader.text())  // [MQTT-3.1.3-3] [MQTT-3.1.3-4] [MQTT-3.1.3-4 of 3.1.1]
        self.isBridge = isBridge
        self.properties = properties
        if flags & Flag.will != 0 {
            will = try Will(qos: willQoS, retain: flags & Flag.willRetain != 0, &reader)
        }
        // Clients of 3.1 may end here although the flags promise more.
        let mayEndEarly = version == .v3_1
        // [MQTT-3.1.2-17] [MQTT-3.1.2-19] [MQTT-3.1.2-19 of 3.1.1] [MQTT-3.1.2-21 of 3.1.1]
        if flags & Flag.userName != 0, !(mayEndEarly && reader.isAtEnd) {
            userName = try reader.text()  // [MQTT-3.1.3-12] [MQTT-3.1.3-11 of 3.1.1]
        }
        if flags & Flag.password != 0, !(mayEndEarly && reader.isAtEnd) {
            password = Array(try reader.binary())
        }
    }

    private static func checkedWillQoS(_ flags: UInt8, _ version: ProtocolVersion) throws(MalformedPacket) -> QoS {
        // [MQTT-3.1.2-12] [MQTT-3.1.2-14 of 3.1.1]
        guard let qos = QoS(rawValue: (flags & Flag.willQoS) >> 3) else { throw MalformedPacket(.connectFlags) }
        guard version > .v3_1 else { return qos }
        // [MQTT-3.1.2-3] [MQTT-3.1.2-3 of 3.1.1]
        guard flags & Flag.reserved == 0 else { throw MalformedPacket(.connectFlags) }
        // [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-13 of 3.1.1] [MQTT-3.1.2-15 of 3.1.1]
        if flags & Flag.will == 0, flags & (Flag.willQoS | Flag.willRetain) != 0 {
            throw MalformedPacket(.connectFlags)
        }
        // [MQTT-3.1.2-22 of 3.1.1]
        if version == .v3_1_1, flags & Flag.password != 0, flags & Flag.userName == 0 {
            throw MalformedPacket(.connectFlags)
        }
        return qos
    }

    func writeBody(to sink: inout some ByteSink & ~Copyable) {
        sink.append(UTF8Text(version == .v3_1 ? "MQIsdp" : "MQTT"))
        sink.append(version.rawValue | (isBridge ? Self.bridge : 0))
        sink.append(connectFlags)
        sink.append(keepAliveSeconds)
        if version == .v5 { properties.writeWithLength(to: &sink) }
        sink.append(clientID)
        if let will {
            if version == .v5 { will.properties.writeWithLength(to: &sink) }
            sink.append(will.topic)
            sink.append(lengthPrefixed: will.payload)
        }
        if let userName { sink.append(userName) }
        if let password { sink.append(lengthPrefixed: password) }
    }

    private var connectFlags: UInt8 {
        var flags: UInt8 = cleanStart ? Flag.cleanStart : 0
        if let will { flags |= Flag.will | will.qos.rawValue << 3 | (will.retain ? Flag.willRetain : 0) }
        if userName != nil { flags |= Flag.userName }
        if password != nil { flags |= Flag.password }
        return flags
    }
}

extension ConnectPacket.Will {
    fileprivate init(qos: QoS, retain: Bool, _ reader: inout PacketReader) throws(MalformedPacket) {
        let properties = try reader.properties(.will)
        let topic = try reader.text()  // [MQTT-3.1.3-11] [MQTT-3.1.3-10 of 3.1.1]
        guard topic.bytes.withUnsafeBytes(TopicName.isValid) else {
            throw MalformedPacket(.topicName, .topicNameInvalid)
        }
        self.init(qos: qos, retain: retain, topic: topic, payload: Array(try reader.binary()))
        self.properties = properties
    }
}
