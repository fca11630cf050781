/// Why a server does not start; `reason` says what to do.
public struct MQTTTestServerError: Error, Sendable, Hashable, CustomStringConvertible {
    public var reason: String

    public init(reason: String) { self.reason = reason }

    public var description: String { "the test server does not start: \(reason)" }
}
