/// Enhanced authentication: the client's side of one method [MQTT5 §4.12].
public struct EnhancedAuthentication: Sendable {
    /// The Authentication Method, such as `SCRAM-SHA-256`.
    public var method: String
    /// The first Authentication Data, sent in CONNECT and again when authentication is repeated; nil: none. More than 65,535 bytes
    /// are not sent.
    public var firstData: @Sendable () -> [UInt8]?
    /// Answers the broker's data, at most 65,535 bytes; nil: it is not to be trusted, the connection ends. What the broker sends along with
    /// success is given as well, so that it can be verified; that answer is not sent.
    public var answer: @Sendable (_ challenge: [UInt8]) -> [UInt8]?

    public init(
        method: String, firstData: @escaping @Sendable () -> [UInt8]?, answer: @escaping @Sendable (_ challenge: [UInt8]) -> [UInt8]?
    ) {
        self.method = method
        self.firstData = firstData
        self.answer = answer
    }
}
