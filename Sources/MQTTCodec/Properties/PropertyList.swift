import Primitives

/// The properties of one packet in the order they were received or are to be sent.
public struct PropertyList: Hashable, Sendable {
    public var properties: [Property]

    public init(_ properties: [Property] = []) { self.properties = properties }

    public var isEmpty: Bool { properties.isEmpty }
    public mutating func append(_ property: Property) { properties.append(property) }

    /// The same list without the properties of these kinds.
    public func removing(_ identifiers: PropertyIdentifier...) -> PropertyList {
        PropertyList(properties.filter { !identifiers.contains($0.identifier) })
    }

    /// How many bytes the properties take, without the Property Length before them.
    public var encodedLength: Int {
        var count = ByteCount()
        write(to: &count)
        return count.count
    }

    /// Appends the properties without the Property Length.
    public func encode(into buffer: inout ByteBuffer) { write(to: &buffer) }

    /// Appends the Property Length and the properties [MQTT-2.2.2-1].
    public func encodeWithLength(into buffer: inout ByteBuffer) { writeWithLength(to: &buffer) }

    func writeWithLength(to sink: inout some ByteSink & ~Copyable) {
        sink.append(variable: encodedLength)
        write(to: &sink)
    }

    private func write(to sink: inout some ByteSink & ~Copyable) {
        for property in properties { property.write(to: &sink) }
    }

    /// Decodes the bytes after a Property Length.
    init(
        _ bytes: UnsafeRawBufferPointer, in holder: PropertyHolders, controlCharactersAllowed: Bool
    ) throws(MalformedPacket) {
        var reader = PropertyReader(bytes, in: holder, controlCharactersAllowed: controlCharactersAllowed)
        properties = []
        while let raw = try reader.next() { properties.append(Property(raw)) }
    }
}
