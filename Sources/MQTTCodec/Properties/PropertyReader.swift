import Primitives

/// Walks over property bytes in place and checks each property against the table: known, allowed here, single,
/// its value in range.
struct PropertyReader {
    /// A property as it lies in the packet.
    struct Raw: BitwiseCopyable {
        var identifier: PropertyIdentifier
        /// The value of a number or bit.
        var number: UInt32 = 0
        /// The value of a string or of Binary Data; of a pair its name.
        var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        /// The value of a pair.
        var second = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    private var reader: ByteReader
    private let holder: PropertyHolders
    private let controlCharactersAllowed: Bool
    private var seen: UInt64 = 0

    init(_ bytes: UnsafeRawBufferPointer, in holder: PropertyHolders, controlCharactersAllowed: Bool) {
        reader = ByteReader(bytes)
        self.holder = holder
        self.controlCharactersAllowed = controlCharactersAllowed
    }

    func hasSeen(_ identifier: PropertyIdentifier) -> Bool { seen & 1 << UInt64(identifier.rawValue) != 0 }

    /// The next property, or nil at the end.
    mutating func next() throws(MalformedPacket) -> Raw? {
        guard !reader.isAtEnd else {
            try checkTheWhole()
            return nil
        }
        // The identifier is a Variable Byte Integer; all that exist take one byte.
        guard let byte = reader.uint8(), let identifier = PropertyIdentifier(rawValue: byte) else {
            throw MalformedPacket(.propertyUnknown)
        }
        let rule = identifier.rule
        guard rule.holders.contains(holder) else { throw notAllowed(identifier, rule) }
        guard !hasSeen(identifier) || rule.repeats.contains(holder) else {
            throw MalformedPacket(.propertyDuplicate, .protocolError)
        }
        seen |= 1 << UInt64(byte)
        var raw = Raw(identifier: identifier)
        try readValue(rule, &raw)
        return raw
    }

    private func notAllowed(_ identifier: PropertyIdentifier, _ rule: PropertyIdentifier.Rule) -> MalformedPacket {
        // The other side may send it in this packet: then the dialogue is broken, not the bytes.
        let isOtherSide = !rule.holders.isDisjoint(with: holder.eitherSender)
        let fault: MalformedPacket.Fault =
            identifier == .subscriptionIdentifier && isOtherSide ? .subscriptionIdentifier : .propertyNotAllowed
        return MalformedPacket(fault, isOtherSide ? .protocolError : .malformedPacket)
    }

    private mutating func readValue(_ rule: PropertyIdentifier.Rule, _ raw: inout Raw) throws(MalformedPacket) {
        switch rule.type {
        case .bit:
            guard let value = reader.uint8() else { throw MalformedPacket(.truncated) }
            guard value <= 1 else { throw MalformedPacket(.propertyValue, .protocolError) }
            raw.number = UInt32(value)
        case .twoBytes:
            guard let value = reader.uint16() else { throw MalformedPacket(.truncated) }
            raw.number = UInt32(value)
        case .fourBytes:
            guard let value = reader.uint32() else { throw MalformedPacket(.truncated) }
            raw.number = value
        case .variable:
            guard case .value(let value, isMinimal: true) = VariableByteInteger.read(&reader) else {
                throw MalformedPacket(.variableByteInteger)
            }
            raw.number = value
        case .string:
            raw.bytes = try string(raw.identifier)
        case .binary:
            raw.bytes = try lengthPrefixed()
        case .stringPair:
            raw.bytes = try string(raw.identifier)
            raw.second = try string(raw.identifier)
        }
        if rule.zeroIsRefused, raw.number == 0 { throw zeroRefused(raw.identifier) }
        if raw.identifier == .responseTopic, !TopicName.isValid(raw.bytes) {
            throw MalformedPacket(.responseTopic, .protocolError)  // [MQTT-3.3.2-14]
        }
    }

    private func zeroRefused(_ identifier: PropertyIdentifier) -> MalformedPacket {
        switch identifier {
        case .topicAlias: MalformedPacket(.topicAlias, .topicAliasInvalid)  // [MQTT-3.3.2-8]
        case .subscriptionIdentifier: MalformedPacket(.subscriptionIdentifier, .protocolError)
        default: MalformedPacket(.propertyValue, .protocolError)
        }
    }

    private func checkTheWhole() throws(MalformedPacket) {
        let isUnexplained = hasSeen(.authenticationData) && !hasSeen(.authenticationMethod)
        let isMissing = holder == .auth && !hasSeen(.authenticationMethod)
        if isUnexplained || isMissing { throw MalformedPacket(.propertyValue, .protocolError) }
    }

    private mutating func lengthPrefixed() throws(MalformedPacket) -> UnsafeRawBufferPointer {
        guard let length = reader.uint16(), let bytes = reader.bytes(Int(length)) else {
            throw MalformedPacket(.truncated)
        }
        return bytes
    }

    /// Names of topics and clients are held to more than what people write to each other.
    private mutating func string(_ identifier: PropertyIdentifier) throws(MalformedPacket) -> UnsafeRawBufferPointer {
        let bytes = try lengthPrefixed()
        let isName = identifier == .responseTopic || identifier == .assignedClientIdentifier
        guard UTF8Validation.isValid(bytes, controlCharactersAllowed: controlCharactersAllowed || !isName) else {
            throw MalformedPacket(.utf8)
        }
        return bytes
    }
}
