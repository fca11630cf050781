import ClientCore
import MQTTCodec

extension MQTTClient {
    /// Publishes, and returns when the exchange is over: QoS 0 when the message is accepted for sending, or refused because the broker that is
    /// connected does not take it; QoS 1 with the Reason Code of PUBACK, QoS 2 with that of PUBREC or PUBCOMP. While there is no connection the
    /// message waits in the outbox; whether a broker will take it is not known then, so of QoS 0 `failedMessages` tells if it does not. Publish
    /// with QoS 1 to be told.
    ///
    /// - Returns: `.success`, or `.noMatchingSubscribers` when the broker says so
    /// - Throws: `publishRefused` with the broker's code, `packetTooLarge`, `notSupported`, `outboxFull`, `dropped`, `invalidTopic`, `stopped`,
    ///   `cancelled`
    @discardableResult
    public func publish(
        _ payload: [UInt8], to topic: String, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: MessageProperties = MessageProperties()
    ) async throws(MQTTClientError) -> ReasonCode {
        let publication = try Publication(payload, topic, qos, retain, properties)
        // What may be too much for the broker waits for the word of the core: nobody else would tell that it was not sent.
        if qos == .atMostOnce, try await accept(publication, ifCertain: true) { return .success }
        let weight = publication.weight
        try await enter(weight)
        return try await inbox.perform(weight: weight) { .publish(publication, completion: $0, acceptance: .nobody) }.check()
    }

    /// Publishes text.
    @discardableResult
    public func publish(
        _ text: String, to topic: String, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: MessageProperties = MessageProperties()
    ) async throws(MQTTClientError) -> ReasonCode {
        try await publish(Array(text.utf8), to: topic, qos: qos, retain: retain, properties: properties)
    }

    /// Puts a message into the outbox and returns when it is accepted: at once in memory, with a store when it is safe there. What happens to it
    /// later nobody is told, but `failedMessages` counts it if it comes to nothing; the order of all messages is kept.
    ///
    /// - Throws: `outboxFull`, `outboxFailed`, `invalidTopic`, `stopped`, `cancelled`
    public func enqueue(
        _ payload: [UInt8], to topic: String, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: MessageProperties = MessageProperties()
    ) async throws(MQTTClientError) {
        let publication = try Publication(payload, topic, qos, retain, properties)
        guard inbox.store != nil else {
            _ = try await accept(publication)
            return
        }
        let weight = publication.weight
        try await enter(weight)
        try await inbox.perform(weight: weight) { .publish(publication, completion: .nobody, acceptance: $0) }.check()
    }

    /// Puts text into the outbox.
    public func enqueue(
        _ text: String, to topic: String, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: MessageProperties = MessageProperties()
    ) async throws(MQTTClientError) {
        try await enqueue(Array(text.utf8), to: topic, qos: qos, retain: retain, properties: properties)
    }

    /// Returns when everything published or enqueued before is sent and, with QoS 1 and 2, acknowledged.
    public func flush() async throws(MQTTClientError) { try await inbox.perform { .flush($0) }.check() }

    /// Messages accepted and not yet sent (QoS 0) or acknowledged (QoS 1 and 2).
    public var outboxCount: Int { inbox.state.withLock { $0.messages } }

    /// Messages that were accepted and came to nothing without anybody being told: those enqueued, and those of QoS 0 published while there was
    /// no connection, that the broker refused or does not take, or that were dropped for newer ones.
    public var failedMessages: Int { inbox.state.withLock { $0.failed } }

    /// Accepts a message nobody waits for: without suspending, unless there is no room.
    ///
    /// - Returns: false: it is not accepted, because `ifCertain` and the broker may not take it
    private func accept(_ publication: Publication, ifCertain: Bool = false) async throws(MQTTClientError) -> Bool {
        let weight = publication.weight
        let limits = inbox.configuration.outbox
        let (isAccepted, isOpen, isDoubtful, isNews) = inbox.state.withLock { state in
            guard !state.isEnded else { return (false, false, false, false) }
            if ifCertain, !state.taken.contains(publication, weight: weight) { return (false, true, true, false) }
            guard ClientInbox.enter(weight, &state, limits) else { return (false, true, false, false) }
            state.events.append(.publish(publication, completion: .nobody, acceptance: .nobody))
            return (true, true, false, ClientInbox.schedule(&state))
        }
        if isNews { inbox.loop.schedule(inbox) }
        if isAccepted { return true }
        guard isOpen else { throw .stopped }
        if isDoubtful { return false }
        try await enter(weight)
        guard inbox.post(.publish(publication, completion: .nobody, acceptance: .nobody)) else { throw .stopped }
        return true
    }

    /// Waits for room in the outbox, if that is what it is to do when it is full.
    private func enter(_ weight: Int) async throws(MQTTClientError) {
        let limits = inbox.configuration.outbox
        let (hasRoom, isFull) = inbox.state.withLock { state in
            (ClientInbox.enter(weight, &state, limits), state.messages >= limits.messages || state.bytes + weight > limits.bytes)
        }
        if hasRoom { return }
        if isFull, limits.whenFull == .refuse { throw .outboxFull }
        guard await inbox.waitForRoom(weight) else { throw Task.isCancelled ? .cancelled : .stopped }
    }
}

extension Publication {
    fileprivate init(
        _ payload: [UInt8], _ topic: String, _ qos: QoS, _ retain: Bool, _ properties: MessageProperties
    ) throws(MQTTClientError) {
        if let reason = topic.reasonAgainstPublishing { throw .invalidTopic(topic, reason: reason) }
        guard payload.count <= MQTTCodec.maximumRemainingLength - 131_072 else {
            throw .packetTooLarge(bytes: payload.count, maximum: MQTTCodec.maximumRemainingLength - 131_072)
        }
        if let problem = properties.problem { throw problem }
        self.init(topic: topic, payload: payload, qos: qos, retain: retain, properties: properties.list)
    }
}
