import Primitives

/// A checked cursor over the body of a packet that reads the standard's data types or throws.
struct PacketReader {
    private var reader: ByteReader
    var version: ProtocolVersion
    let sender: Sender
    let controlCharactersAllowed: Bool

    init(_ body: UnsafeRawBufferPointer, version: ProtocolVersion, sender: Sender, controlCharactersAllowed: Bool) {
        reader = ByteReader(body)
        self.version = version
        self.sender = sender
        self.controlCharactersAllowed = controlCharactersAllowed
    }

    var isAtEnd: Bool { reader.isAtEnd }

    mutating func uint8() throws(MalformedPacket) -> UInt8 {
        guard let value = reader.uint8() else { throw MalformedPacket(.truncated) }
        return value
    }

    mutating func uint16() throws(MalformedPacket) -> UInt16 {
        guard let value = reader.uint16() else { throw MalformedPacket(.truncated) }
        return value
    }

    /// Binary Data, or a string whose characters are somebody else's concern, in place.
    mutating func binary() throws(MalformedPacket) -> UnsafeRawBufferPointer {
        guard let bytes = reader.bytes(Int(try uint16())) else { throw MalformedPacket(.truncated) }
        return bytes
    }

    /// A UTF-8 Encoded String.
    mutating func text() throws(MalformedPacket) -> UTF8Text {
        let bytes = try binary()
        guard let text = UTF8Text(validating: bytes, controlCharactersAllowed: controlCharactersAllowed) else {
            throw MalformedPacket(.utf8)
        }
        return text
    }

    /// A Topic Filter, whose levels are not looked at. An empty one is a protocol violation; only MQTT 5.0 has a code that
    /// refuses it alone [MQTT-4.7.3-1 of 3.1.1].
    mutating func topicFilter() throws(MalformedPacket) -> UTF8Text {
        let filter = try text()
        guard version == .v5 || !filter.isEmpty else { throw MalformedPacket(.topicFilter, .protocolError) }
        return filter
    }

    /// Never 0 [MQTT-2.2.1-3] [MQTT-2.3.1-1 of 3.1.1].
    mutating func packetIdentifier() throws(MalformedPacket) -> UInt16 {
        let value = try uint16()
        guard value != 0 else { throw MalformedPacket(.packetIdentifier, .protocolError) }
        return value
    }

    /// The Reason Code of a packet of MQTT 5.0.
    mutating func reasonCode(in type: PacketType) throws(MalformedPacket) -> ReasonCode {
        guard let code = ReasonCode(rawValue: try uint8()), code.isAllowed(in: type, from: sender) else {
            throw MalformedPacket(.reasonCode, .protocolError)
        }
        return code
    }

    /// The bytes after the Property Length; there are none before MQTT 5.0.
    mutating func propertyBytes() throws(MalformedPacket) -> UnsafeRawBufferPointer {
        guard version == .v5 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        switch VariableByteInteger.read(&reader) {
        case .value(let length, isMinimal: true):
            guard let bytes = reader.bytes(Int(length)) else { throw MalformedPacket(.truncated) }
            return bytes
        case .incomplete: throw MalformedPacket(.truncated)
        case .value, .tooLong: throw MalformedPacket(.variableByteInteger)  // [MQTT-1.5.5-1]
        }
    }

    mutating func properties(_ holder: PropertyHolders) throws(MalformedPacket) -> PropertyList {
        guard version == .v5 else { return PropertyList() }
        return try PropertyList(propertyBytes(), in: holder, controlCharactersAllowed: controlCharactersAllowed)
    }

    mutating func rest() -> UnsafeRawBufferPointer { reader.rest() }

    func finish() throws(MalformedPacket) {
        guard reader.isAtEnd else { throw MalformedPacket(.trailingBytes) }
    }
}
