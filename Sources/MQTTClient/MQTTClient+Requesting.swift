import ClientCore

extension MQTTClient {
    /// Sends a request and waits for its response, by Response Topic and Correlation Data (MQTT 5.0 only).
    ///
    /// - Throws: `timedOut` when nobody answers; what `publish` throws
    public func request(
        _ payload: [UInt8], to topic: String, qos: QoS = .atLeastOnce, timeout: Duration = .seconds(10),
        properties: MessageProperties = MessageProperties()
    ) async throws(MQTTClientError) -> MQTTMessage {
        guard inbox.configuration.version == .v5 else { throw .notSupported("MQTT 3.1.1 has no Response Topic") }
        var properties = properties
        properties.responseTopic = try responseTopic()
        // Expected before it can come: it may be here before the request is acknowledged.
        let correlationData = inbox.state.withLock { $0.responses.expectOne() }
        properties.correlationData = correlationData
        async let _: Void = send(payload, topic, qos, properties, correlationData)
        let response = await inbox.response(correlationData, within: timeout)
        switch response {
        case .success(let message): return MQTTMessage(received: message)
        case .failure(let error): throw error
        }
    }

    private func send(_ payload: [UInt8], _ topic: String, _ qos: QoS, _ properties: MessageProperties, _ correlationData: [UInt8]) async {
        do throws(MQTTClientError) {
            try await publish(payload, to: topic, qos: qos, properties: properties)
        } catch {
            inbox.respond(correlationData, .failure(error))
        }
    }

    /// Answers requests that match `filter` until the client stops or the task is cancelled; `handler` returns the payload of the response.
    /// Requests without a Response Topic, or with one that is none, are passed over; what becomes of a response nobody is told. Handlers run one
    /// after the other.
    ///
    /// - Throws: what `handler` or `subscribe` throws
    public func respond(
        on filter: String, qos: QoS = .atLeastOnce, _ handler: (MQTTMessage) async throws -> [UInt8]
    ) async throws {
        for await request in try await subscribe(to: filter, qos: qos) {
            guard let topic = request.properties.responseTopic else { continue }
            let payload = try await handler(request)
            let properties = MessageProperties(correlationData: request.properties.correlationData)
            // Whoever asks does not end the service by where it wants its answer.
            guard topic.reasonAgainstPublishing == nil else { continue }
            try await enqueue(payload, to: topic, qos: request.qos, properties: properties)
        }
    }

    /// The topic to which responses to this client come; subscribed to when it is first needed, before any request goes out.
    private func responseTopic() throws(MQTTClientError) -> String {
        let (topic, isOpen, isNews) = inbox.state.withLock { state in
            guard !state.isEnded else { return ("", false, false) }
            guard state.responses.topic.isEmpty else { return (state.responses.topic, true, false) }
            var random = SystemRandomNumberGenerator()
            let topic = "responses/" + String(random.next(), radix: 36) + String(random.next(), radix: 36)
            state.lastSubscription += 1
            state.responses.topic = topic
            state.responses.subscription = state.lastSubscription
            state.events.append(
                .subscribe(SubscribeRequest(subscription: state.lastSubscription, filters: [TopicSubscription(topic)]), .nobody))
            return (topic, true, ClientInbox.schedule(&state))
        }
        if isNews { inbox.loop.schedule(inbox) }
        guard isOpen else { throw .stopped }
        return topic
    }
}
