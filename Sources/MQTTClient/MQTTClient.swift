import ClientCore
import MQTTCodec

/// An MQTT client that stays connected: it reconnects, subscribes again and sends what was not acknowledged.
///
///     let client = MQTTClient(ClientConfiguration(host: "localhost"))
///     async let run: Void = client.run()
///     try await client.publish("21.5", to: "home/kitchen/temperature")
public final class MQTTClient: Sendable {
    /// Nothing happens until `run` or `withConnection`; what is published or subscribed before waits for it.
    public init(_ configuration: ClientConfiguration) { preconditionFailure() }

    /// Connects, and stays connected until `disconnect`, cancellation of the task, or an error that trying again does not mend.
    /// To be called once.
    ///
    /// Cancellation says DISCONNECT to the broker. When it returns the connection is closed, every operation that waited has failed with
    /// `MQTTClientError.stopped`, and every subscription has ended.
    public func run() async throws(MQTTClientError) { preconditionFailure() }

    /// Runs a client for the time of `body`: connects, calls `body` when the connection stands, and disconnects when it has returned or thrown.
    ///
    /// - Throws: what `body` throws, or `MQTTClientError` if no connection is to be had
    public static func withConnection<Result>(
        _ configuration: ClientConfiguration, isolation: isolated (any Actor)? = #isolation,
        _ body: (MQTTClient) async throws -> Result
    ) async throws -> Result { preconditionFailure() }

    /// Ends the client. What is in the outbox is sent first, for as long as `flushing` allows (zero: not waited for), then DISCONNECT.
    ///
    /// - Parameter publishWill: the broker publishes the Will all the same (0x04, MQTT 5.0)
    public func disconnect(flushing: Duration = .seconds(5), publishWill: Bool = false) async { preconditionFailure() }

    /// Every change of the connection from now on, beginning with what is.
    public var states: AsyncStream<ConnectionState> { preconditionFailure() }

    /// Publishes, and returns when the exchange is over: QoS 0 when the message is accepted for sending, QoS 1 with the Reason Code of
    /// PUBACK, QoS 2 with that of PUBREC or PUBCOMP. While there is no connection the message waits in the outbox.
    ///
    /// - Returns: `.success`, or `.noMatchingSubscribers` when the broker says so
    /// - Throws: `publishRefused` with the broker's code, `packetTooLarge`, `notSupported`, `outboxFull`, `dropped`, `invalidTopic`, `stopped`,
    ///   `cancelled`
    @discardableResult
    public func publish(
        _ payload: [UInt8], to topic: String, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: MessageProperties = MessageProperties()
    ) async throws(MQTTClientError) -> ReasonCode { preconditionFailure() }

    /// Publishes text.
    @discardableResult
    public func publish(
        _ text: String, to topic: String, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: MessageProperties = MessageProperties()
    ) async throws(MQTTClientError) -> ReasonCode { preconditionFailure() }

    /// Puts a message into the outbox and returns when it is accepted: at once in memory, with a store when it is safe there. What happens to it
    /// later nobody is told; the order of all messages is kept.
    public func enqueue(
        _ payload: [UInt8], to topic: String, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: MessageProperties = MessageProperties()
    ) async throws(MQTTClientError) { preconditionFailure() }

    /// Returns when everything published or enqueued before is sent and, with QoS 1 and 2, acknowledged.
    public func flush() async throws(MQTTClientError) { preconditionFailure() }

    /// Messages accepted and not yet sent (QoS 0) or acknowledged (QoS 1 and 2).
    public var outboxCount: Int { preconditionFailure() }

    /// Subscribes, and returns the messages when the broker has granted at least one filter.
    ///
    /// - Throws: `subscriptionRefused`, `notSupported`, `invalidFilter`, `stopped`, `cancelled`
    public func subscribe(
        to filters: [TopicSubscription], acknowledgement: Acknowledgement = .automatic, userProperties: [UserProperty] = []
    ) async throws(MQTTClientError) -> MQTTSubscription { preconditionFailure() }

    /// Subscribes to one filter.
    public func subscribe(
        to filter: String, qos: QoS = .atLeastOnce, acknowledgement: Acknowledgement = .automatic
    ) async throws(MQTTClientError) -> MQTTSubscription { preconditionFailure() }

    /// Messages that no subscription of this client asked for: those of a kept Session before its filters are subscribed to again.
    /// Without a reader they wait, unacknowledged, for the subscription that wants them; beyond half of `receiveMaximum` the oldest is
    /// acknowledged and dropped.
    public func unclaimedMessages(acknowledgement: Acknowledgement = .automatic) -> MQTTSubscription { preconditionFailure() }

    /// Sends a request and waits for its response, by Response Topic and Correlation Data (MQTT 5.0 only).
    ///
    /// - Throws: `timedOut` when nobody answers; what `publish` throws
    public func request(
        _ payload: [UInt8], to topic: String, qos: QoS = .atLeastOnce, timeout: Duration = .seconds(10),
        properties: MessageProperties = MessageProperties()
    ) async throws(MQTTClientError) -> MQTTMessage { preconditionFailure() }

    /// Answers requests that match `filter` until the client stops or the task is cancelled; `handler` returns the payload of the response.
    /// Requests without a Response Topic are passed over. Handlers run one after the other.
    public func respond(
        on filter: String, qos: QoS = .atLeastOnce, _ handler: (MQTTMessage) async throws -> [UInt8]
    ) async throws { preconditionFailure() }

    /// Asks the broker for a sign of life; how long it took.
    ///
    /// - Throws: `timedOut` after `ClientConfiguration.pingTimeout`, `stopped`, `connectionLost`
    public func ping() async throws(MQTTClientError) -> Duration { preconditionFailure() }
}
