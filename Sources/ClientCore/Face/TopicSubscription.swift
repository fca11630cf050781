import MQTTCodec

/// One Topic Filter to subscribe to, with its options [MQTT5 §3.8.3.1]. In 3.1.1 only the QoS is sent.
public struct TopicSubscription: Sendable, Hashable, ExpressibleByStringLiteral {
    /// `$share/{ShareName}/{filter}` is a Shared Subscription.
    public var filter: String
    public var maximumQoS: QoS
    /// Not what this client itself has published.
    public var noLocal: Bool
    /// `MQTTMessage.retain` as its publisher set it.
    public var retainAsPublished: Bool
    public var retainHandling: SubscriptionOptions.RetainHandling

    public init(
        _ filter: String, maximumQoS: QoS = .atLeastOnce, noLocal: Bool = false, retainAsPublished: Bool = false,
        retainHandling: SubscriptionOptions.RetainHandling = .sendAtSubscribe
    ) {
        self.filter = filter
        self.maximumQoS = maximumQoS
        self.noLocal = noLocal
        self.retainAsPublished = retainAsPublished
        self.retainHandling = retainHandling
    }

    /// QoS 1 at most, and the standard's other options.
    public init(stringLiteral filter: String) { self.init(filter) }
}
