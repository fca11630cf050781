/// `mqtt://user:password@host:port/topic`.
public struct MQTTURL: Sendable, Hashable {
    public var server: ServerAddress
    public var userName: String?
    public var password: [UInt8]?
    /// What follows the host, without the first slash, percent-decoded; nil: nothing.
    public var topic: String?

    /// - Throws: `MQTTClientError.invalidURL` with what was expected
    public init(_ text: String) throws(MQTTClientError) {
        preconditionFailure()
    }
}
