import ClientCore

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
    public let grants: [ReasonCode]
    /// QoS 0 messages dropped because nobody read them.
    public var droppedMessages: Int { buffer.dropped }

    /// Messages that have come and wait to be read.
    public var waitingMessages: Int { buffer.count }

    let acknowledgement: Acknowledgement
    let buffer: MessageBuffer
    private let inbox: ClientInbox
    private let number: UInt32

    init(_ number: UInt32, _ buffer: MessageBuffer, grants: [ReasonCode], acknowledgement: Acknowledgement, inbox: ClientInbox) {
        self.number = number
        self.buffer = buffer
        self.grants = grants
        self.acknowledgement = acknowledgement
        self.inbox = inbox
    }

    deinit { end() }

    /// To be called once: the messages go to one reader; a second one gets none.
    public func makeAsyncIterator() -> Iterator { Iterator(buffer.claim() ? SubscriptionReader(self) : nil) }

    /// Takes the messages out of the subscription.
    public struct Iterator: AsyncIteratorProtocol {
        public typealias Element = MQTTMessage
        public typealias Failure = Never

        private let reader: SubscriptionReader?

        init(_ reader: SubscriptionReader?) { self.reader = reader }

        /// The next message: at once if one has come, otherwise when it comes; nil when the subscription or the client has ended,
        /// or the task was cancelled.
        public mutating func next() async -> MQTTMessage? { await next(isolation: nil) }

        /// As `next()`.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> MQTTMessage? {
            guard let reader else { return nil }
            if let message = reader.nextInBatch() { return message }
            return await reader.nextBatch(isolation: actor)
        }
    }

    /// Acknowledges a message of a subscription made with `Acknowledgement.manual`. PUBACK and PUBREC go out in the order in which the messages
    /// came [MQTT-4.6.0-2], so an earlier one that is not acknowledged holds this one back.
    public func acknowledge(_ message: MQTTMessage) { acknowledge([message.received.receipt]) }

    /// Ends the subscription; what has come can still be read. Returns when the broker has said so, or at once if the client is over.
    ///
    /// - Throws: `subscriptionRefused` if the broker will not end it, `cancelled`
    public func unsubscribe() async throws(MQTTClientError) {
        buffer.end()
        let number = number
        switch await inbox.perform({ .unsubscribe(subscription: number, $0) }) {
        case .failed(.stopped): break
        case .failed(let error): throw error
        case .done, .granted: break
        }
        forget()
    }

    func acknowledge(_ receipts: [UInt64]) {
        if !receipts.isEmpty { inbox.post(.acknowledge(receipts)) }
    }

    /// Takes what has come.
    func take() -> [ReceivedMessage] {
        let (messages, heldUp) = buffer.take()
        if heldUp { inbox.readAgain() }
        return messages
    }

    /// Nobody reads any more: what has come is as good as dealt with, and no more is wanted.
    func end() {
        buffer.end()
        acknowledge(take().map(\.receipt).filter { $0 != 0 })
        if forget() { inbox.post(.unsubscribe(subscription: number, .nobody)) }
    }

    /// false: it was forgotten before.
    @discardableResult private func forget() -> Bool { inbox.state.withLock { $0.buffers.removeValue(forKey: number) } != nil }
}

/// The one who reads a subscription: a batch at a time, so that most messages cost neither a lock nor a change of thread.
final class SubscriptionReader {
    private let subscription: MQTTSubscription
    private var batch: [ReceivedMessage] = []
    private var position = 0
    /// Of the message that was handed out last, and of those before it that are dealt with.
    private var last: UInt64 = 0
    private var dealtWith: [UInt64] = []
    private let isAutomatic: Bool

    /// Messages dealt with after which the broker is told, so that its window does not run empty while a large batch is worked off.
    private static let acknowledgements = 64

    init(_ subscription: MQTTSubscription) {
        self.subscription = subscription
        isAutomatic = subscription.acknowledgement == .automatic
    }

    deinit {
        // A loop that was left takes no more: neither what it has nor what waits for it.
        if last != 0 { dealtWith.append(last) }
        for message in batch[position...] where message.receipt != 0 { dealtWith.append(message.receipt) }
        subscription.acknowledge(dealtWith)
        subscription.end()
    }

    /// The next message, if one is here.
    func nextInBatch() -> MQTTMessage? {
        guard position < batch.count else { return nil }
        if last != 0 {
            dealtWith.append(last)
            if dealtWith.count >= Self.acknowledgements { acknowledge() }
        }
        let message = batch[position]
        position += 1
        last = isAutomatic ? message.receipt : 0
        return MQTTMessage(received: message)
    }

    /// The next message, when one comes; nil: none will.
    func nextBatch(isolation: isolated (any Actor)?) async -> MQTTMessage? {
        if last != 0 { dealtWith.append(last) }
        last = 0
        acknowledge()
        position = 0
        batch = subscription.take()
        while batch.isEmpty {
            guard await subscription.buffer.wait(isolation: isolation) else { return nil }
            batch = subscription.take()
        }
        return nextInBatch()
    }

    private func acknowledge() {
        subscription.acknowledge(dealtWith)
        dealtWith.removeAll(keepingCapacity: true)
    }
}
