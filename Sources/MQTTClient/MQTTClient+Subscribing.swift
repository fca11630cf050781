import ClientCore

extension MQTTClient {
    /// Subscribes, and returns the messages when the broker has granted at least one filter.
    ///
    /// - Throws: `subscriptionRefused`, `notSupported`, `invalidFilter`, `stopped`, `cancelled`
    public func subscribe(
        to filters: [TopicSubscription], acknowledgement: Acknowledgement = .automatic, userProperties: [UserProperty] = []
    ) async throws(MQTTClientError) -> MQTTSubscription {
        guard !filters.isEmpty else { throw .invalidArgument("filters: expected at least one") }  // [MQTT-3.8.3-2]
        let buffer = MessageBuffer()
        let number = inbox.addBuffer(buffer)
        let request = SubscribeRequest(subscription: number, filters: filters, userProperties: userProperties)
        switch await inbox.perform({ .subscribe(request, $0) }) {
        case .granted(let grants):
            return MQTTSubscription(number, buffer, grants: grants, acknowledgement: acknowledgement, inbox: inbox)
        case .done: throw .stopped
        case .failed(let error):
            inbox.state.withLock { _ = $0.buffers.removeValue(forKey: number) }
            if error == .cancelled { inbox.post(.unsubscribe(subscription: number, .nobody)) }
            throw error
        }
    }

    /// Subscribes to one filter.
    public func subscribe(
        to filter: String, qos: QoS = .atLeastOnce, acknowledgement: Acknowledgement = .automatic
    ) async throws(MQTTClientError) -> MQTTSubscription {
        try await subscribe(to: [TopicSubscription(filter, maximumQoS: qos)], acknowledgement: acknowledgement)
    }

    /// Messages that no subscription of this client asked for: those of a kept Session before its filters are subscribed to again.
    ///
    /// Without a reader those of QoS 1 and 2 wait, unacknowledged, for the subscription that wants them. A minute after the first connection, what
    /// still waits and keeps as many messages from being acknowledged as are half of `receiveMaximum` is acknowledged and dropped: a filter that
    /// only an earlier run knew would otherwise bring this one to a stop. Of QoS 0, half of `receiveMaximum` wait, the newest.
    public func unclaimedMessages(acknowledgement: Acknowledgement = .automatic) -> MQTTSubscription {
        let buffer = MessageBuffer()
        let number = inbox.addBuffer(buffer)
        inbox.post(.subscribe(SubscribeRequest(subscription: number, filters: []), .nobody))
        return MQTTSubscription(number, buffer, grants: [], acknowledgement: acknowledgement, inbox: inbox)
    }
}
