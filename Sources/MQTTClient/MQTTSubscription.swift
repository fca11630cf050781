import ClientCore
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

/// When a message of QoS 1 or 2 is acknowledged.
public enum Acknowledgement: Sendable, Hashable {
    /// When the loop asks for the next one: the message has been dealt with.
    case automatic
    /// By `MQTTSubscription.acknowledge`.
    case manual
}

/// The messages of one subscription, in the order in which they came.
///
/// Read it in one place, with `for await`. Messages of QoS 1 and 2 that wait here are not acknowledged yet, so that the broker sends at
/// most `ClientConfiguration.receiveMaximum` of them and keeps the rest. Of QoS 0 messages, when `bufferedMessages` wait, the client stops
/// reading from the connection; if an answer of the broker is awaited on it meanwhile, the oldest ones are dropped and counted.
///
/// It ends when the client stops, and unsubscribes when its iterator goes away.
public final class MQTTSubscription: Sendable, AsyncSequence {
    public typealias Element = MQTTMessage
    public typealias Failure = Never

    /// What the broker granted, in the order of the filters. After a reconnect the same ones are asked for again.
    public var grants: [ReasonCode] { preconditionFailure() }
    /// QoS 0 messages dropped because nobody read them.
    public var droppedMessages: Int { preconditionFailure() }

    /// To be called once: the messages go to one reader.
    public func makeAsyncIterator() -> Iterator { preconditionFailure() }

    /// Takes the messages out of the subscription.
    public struct Iterator: AsyncIteratorProtocol {
        public typealias Element = MQTTMessage
        public typealias Failure = Never

        /// The next message: at once if one has come, otherwise when it comes; nil when the subscription or the client has ended,
        /// or the task was cancelled.
        public mutating func next() async -> MQTTMessage? { preconditionFailure() }

        /// As `next()`.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> MQTTMessage? { preconditionFailure() }
    }

    /// Acknowledges a message of a subscription made with `Acknowledgement.manual`. PUBACK and PUBREC go out in the order in which the messages
    /// came [MQTT-4.6.0-2], so an earlier one that is not acknowledged holds this one back.
    public func acknowledge(_ message: MQTTMessage) { preconditionFailure() }

    /// Ends the subscription; what has come can still be read. Returns when the broker has said so.
    public func unsubscribe() async throws(MQTTClientError) { preconditionFailure() }
}
