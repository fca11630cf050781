/// When to connect again after a connection was lost or not to be had: exponentially rarer, with jitter, so that
/// many clients do not come at once.
public struct ReconnectionPolicy: Sendable, Hashable {
    /// Before the first attempt; half of it at least.
    public var firstDelay = Duration.milliseconds(200)
    /// Never longer.
    public var longestDelay = Duration.seconds(30)
    /// Attempts in a row that may fail before the client gives up; nil: it never does. 1: it never connects again.
    public var maximumAttempts: Int?

    public init() {}
}
