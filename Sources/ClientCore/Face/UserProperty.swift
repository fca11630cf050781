/// A name and a value that the application defines; names may repeat [MQTT5 §3.3.2.3.7].
public struct UserProperty: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
