/// When a message of QoS 1 or 2 is acknowledged.
public enum Acknowledgement: Sendable, Hashable {
    /// When the loop asks for the next one: the message has been dealt with.
    case automatic
    /// By `MQTTSubscription.acknowledge`.
    case manual
}
