/// A payload that is not what was asked for, and at which place.
public struct PayloadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The Topic Name it came with.
    public var topic: String
    /// The Swift type that was asked for.
    public var type: String
    /// The way into the payload, such as `rooms[2].temperature`; empty: the payload as a whole.
    public var path: String
    /// What was expected there.
    public var reason: String

    public init(topic: String, type: String, path: String, reason: String) {
        self.topic = topic
        self.type = type
        self.path = path
        self.reason = reason
    }

    /// `home/kitchen: not a Reading: rooms[2].temperature: Expected to decode Double but found a string instead.`
    public var description: String { "\(topic): not a \(type): \(path.isEmpty ? "" : "\(path): ")\(reason)" }
}
