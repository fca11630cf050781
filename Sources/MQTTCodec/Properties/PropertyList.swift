/// The properties of one packet in the order they were received or are to be sent.
public struct PropertyList: Hashable, Sendable {
    public var properties: [Property]

    public init(_ properties: [Property] = []) { self.properties = properties }

    public var isEmpty: Bool { properties.isEmpty }
    public mutating func append(_ property: Property) { properties.append(property) }
}
