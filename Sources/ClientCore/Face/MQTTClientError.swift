import MQTTCodec

/// What went wrong, so that a program can act on it; `description` tells a person what to do.
public enum MQTTClientError: Error, Sendable, Hashable {
    /// The broker cannot be reached, and the limit of attempts is used up; `reason` is the system's.
    case unreachable(ServerAddress, reason: String)
    /// The broker refused CONNECT for a reason that trying again does not mend.
    case refused(ReasonCode, reason: String?)
    /// The broker ended the connection for a reason that connecting again does not mend, such as a takeover.
    case disconnected(ReasonCode, reason: String?)
    /// The broker broke the protocol; the connection was ended, and the limit of attempts is used up.
    case protocolViolation(String)
    /// The connection is lost, and the limit of attempts is used up.
    case connectionLost
    /// The broker or the responder did not answer in time.
    case timedOut
    /// The broker refused this message.
    case publishRefused(ReasonCode, reason: String?)
    /// The broker refused every filter of this subscription, or this unsubscription, with these codes.
    case subscriptionRefused([ReasonCode], reason: String?)
    /// The broker does not offer what was asked for; the words say what.
    case notSupported(String)
    /// The message, as a packet, is larger than the broker takes.
    case packetTooLarge(bytes: Int, maximum: Int)
    /// A Topic Name that cannot be published to; `reason` says why.
    case invalidTopic(String, reason: String)
    /// A Topic Filter that cannot be subscribed to; `reason` says why.
    case invalidFilter(String, reason: String)
    /// Any other value that MQTT cannot carry; `reason` names it.
    case invalidArgument(String)
    /// A URL that names no broker; `expected` says what one looks like.
    case invalidURL(String, expected: String)
    /// The outbox is full; `OutboxLimits` say how much it holds.
    case outboxFull
    /// The message was dropped for a newer one (`OutboxLimits.WhenFull.dropOldest`).
    case dropped
    /// The store of the outbox failed; `reason` says how.
    case outboxFailed(reason: String)
    /// The client has stopped, or was never started.
    case stopped
    /// The waiting task was cancelled. A message that was accepted is sent all the same.
    case cancelled
}
