import MQTTCodec
import MQTTSession

extension ClientCore {
    /// Wants messages from now on, over all connections to come.
    mutating func subscribe(_ request: SubscribeRequest, _ operation: Operation, into actions: inout ClientActions) {
        guard phase != .stopped else { return actions.complete(operation, .failed(.stopped)) }
        if request.filters.isEmpty {
            subscriptions.unclaimedReader = request.subscription
            actions.complete(operation, .granted([]))
            return claim(into: &actions)
        }
        var filters: [TopicFilter] = []
        for wanted in request.filters {
            guard wanted.filter.isCarriable, let filter = TopicFilter(UTF8Text(wanted.filter)) else {
                return actions.complete(operation, .failed(.invalidFilter(wanted.filter, reason: wanted.filter.reasonAgainstSubscribing)))
            }
            // [MQTT-3.8.3-4]
            if filter.shareName != nil, wanted.noLocal {
                return actions.complete(operation, .failed(.invalidFilter(wanted.filter, reason: "noLocal and $share exclude each other")))
            }
            filters.append(filter)
        }
        if let problem = request.userProperties.problem { return actions.complete(operation, .failed(problem)) }
        subscriptions.insert(Subscriptions.Entry(request: request, filters: filters, operation: operation))
        claim(into: &actions)
        if phase == .connected { ask(request.subscription, into: &actions) }
    }

    /// Wants no more; what still comes is acknowledged and dropped.
    mutating func unsubscribe(_ number: UInt32, _ operation: Operation, into actions: inout ClientActions) {
        if number == subscriptions.unclaimedReader {
            subscriptions.unclaimedReader = 0
            return actions.complete(operation, .done(.success))
        }
        guard var entry = subscriptions[number], entry.state != .unwanted else { return actions.complete(operation, .done(.success)) }
        actions.complete(entry.operation, .failed(.cancelled))
        let wasNeverAsked = entry.state == .wanted
        let filters = subscriptions.stopWanting(number)
        entry.state = .unwanted
        entry.filters = filters
        entry.operation = operation
        subscriptions[number] = entry
        // A Session that goes on while we are away may still know it.
        guard !filters.isEmpty, !(wasNeverAsked && phase == .connected) else {
            subscriptions[number] = nil
            return actions.complete(operation, .done(.success))
        }
        if phase == .connected { askToEnd(number, filters, into: &actions) }
    }

    /// On a new connection: everything in a new Session, otherwise what was not granted before.
    mutating func askForSubscriptions(isNewSession: Bool, into actions: inout ClientActions) {
        for number in subscriptions.numbers {
            guard let entry = subscriptions[number] else { continue }
            switch entry.state {
            case .unwanted where isNewSession:
                subscriptions[number] = nil
                actions.complete(entry.operation, .done(.success))
            case .unwanted: askToEnd(number, entry.filters, into: &actions)
            case .granted where !isNewSession: break
            case .wanted, .asked, .granted: ask(number, into: &actions)
            }
        }
    }

    /// SUBACK came [MQTT-3.8.4-2].
    mutating func subscribed(_ packet: SubackPacket, into actions: inout ClientActions) throws(ProtocolError) {
        guard let number = subscriptions.asked.removeValue(forKey: packet.packetID) else { throw .answerToNothing }
        flows.abandon(packet.packetID)
        askPostponed(into: &actions)
        guard var entry = subscriptions[number], entry.state == .asked else { return }
        guard packet.reasonCodes.count == entry.filters.count else { throw .reasonCodeCount }  // [MQTT-3.9.3-1]
        let operation = entry.operation
        guard packet.reasonCodes.contains(where: { !$0.isFailure }) else {
            subscriptions.remove(number)
            let refusal = MQTTClientError.subscriptionRefused(packet.reasonCodes, reason: packet.properties.reasonString?.string)
            actions.complete(operation, .failed(refusal))
            return actions.append(.ended(subscription: number, refusal))
        }
        entry.state = .granted
        entry.operation = .nobody
        subscriptions[number] = entry
        actions.complete(operation, .granted(packet.reasonCodes))
    }

    /// UNSUBACK came.
    mutating func unsubscribed(_ packet: UnsubackPacket, into actions: inout ClientActions) throws(ProtocolError) {
        guard let number = subscriptions.asked.removeValue(forKey: packet.packetID) else { throw .answerToNothing }
        flows.abandon(packet.packetID)
        askPostponed(into: &actions)
        guard let entry = subscriptions[number], entry.state == .unwanted else { throw .answerToNothing }
        subscriptions[number] = nil
        let failed = packet.reasonCodes.contains { $0.isFailure }
        actions.complete(
            entry.operation,
            failed
                ? .failed(.subscriptionRefused(packet.reasonCodes, reason: packet.properties.reasonString?.string)) : .done(.success))
    }

    // MARK: Delivering

    /// Gives a message to those who want it; how many have to acknowledge it.
    mutating func deliver(_ message: ReceivedMessage, into actions: inout ClientActions) -> Int {
        let receivers = subscriptions.receivers(of: message)
        for number in receivers { actions.received.append((number, message)) }
        if !receivers.isEmpty { return receivers.count }
        if subscriptions.unclaimedReader != 0 {
            actions.received.append((subscriptions.unclaimedReader, message))
            return 1
        }
        // Of a Session that is older than this run: whoever wants it may be about to say so.
        guard subscriptions.isResumedFromEarlierRun else { return 0 }
        subscriptions.keepUnclaimed(message, limit: unclaimedLimit)
        return message.receipt == 0 ? 0 : 1
    }

    /// QoS 0 messages that wait for somebody who wants them, and messages that one of QoS 1 or 2 may hold up in the end.
    var unclaimedLimit: Int { max(1, Int(configuration.receiveMaximum) / 2) }

    /// The time for the application to ask for what an earlier run has left, from the first connection on.
    static var claimingSeconds: UInt32 { 60 }

    /// Somebody new may want what nobody wanted.
    private mutating func claim(into actions: inout ClientActions) {
        let unclaimed = subscriptions.unclaimed
        subscriptions.unclaimed = []
        for message in unclaimed {
            let uses = deliver(message, into: &actions)
            if message.receipt != 0 { arrivals.setUses(message.receipt, uses) }
        }
    }

    // MARK: Asking

    private mutating func ask(_ number: UInt32, into actions: inout ClientActions) {
        guard var entry = subscriptions[number] else { return }
        guard flows.count < Self.subscriptionExchanges else {
            entry.state = .wanted
            subscriptions[number] = entry
            return subscriptions.postponed.append(number)
        }
        let packetID = flows.reserve()
        var packet = SubscribePacket(packetID: packetID, requests: entry.request.filters.map { SubscribePacket.Request($0) })
        if version == .v5 {
            if limits.subscriptionIdentifiersAvailable { packet.properties.append(.subscriptionIdentifier(number)) }
            for property in entry.request.userProperties {
                packet.properties.append(.userProperty(UTF8Text(property.name), UTF8Text(property.value)))
            }
        }
        if let error = reasonAgainst(entry, .subscribe(packet)) {
            flows.abandon(packetID)
            subscriptions.remove(number)
            actions.complete(entry.operation, .failed(error))
            return actions.append(.ended(subscription: number, error))
        }
        subscriptions.asked[packetID] = number
        entry.state = .asked
        subscriptions[number] = entry
        send(.subscribe(packet), into: &actions)
    }

    private mutating func askToEnd(_ number: UInt32, _ filters: [TopicFilter], into actions: inout ClientActions) {
        guard flows.count < Self.subscriptionExchanges else { return subscriptions.postponed.append(number) }
        let packetID = flows.reserve()
        let packet = Packet.unsubscribe(UnsubscribePacket(packetID: packetID, filters: filters.map(\.text)))
        let (bytes, maximum) = (PacketEncoder.encodedLength(packet, version: version), Int(limits.maximumPacketSize))
        guard bytes <= maximum else {
            flows.abandon(packetID)
            let operation = subscriptions[number]?.operation ?? .nobody
            subscriptions[number] = nil
            return actions.complete(operation, .failed(.packetTooLarge(bytes: bytes, maximum: maximum)))
        }
        subscriptions.asked[packetID] = number
        send(packet, into: &actions)
    }

    /// A Packet Identifier may be free for those who wait for one.
    mutating func askPostponed(into actions: inout ClientActions) {
        while flows.count < Self.subscriptionExchanges, !subscriptions.postponed.isEmpty {
            let number = subscriptions.postponed.removeFirst()
            switch subscriptions[number]?.state {
            case .wanted: ask(number, into: &actions)
            case .unwanted: askToEnd(number, subscriptions[number]?.filters ?? [], into: &actions)
            case .asked, .granted, nil: break
            }
        }
    }

    /// Exchanges beyond which SUBSCRIBE and UNSUBSCRIBE wait: not all Packet Identifiers can be in use.
    private static var subscriptionExchanges: Int { 65_500 }

    /// What this server does not offer [MQTT-3.2.2-15].
    private func reasonAgainst(_ entry: Subscriptions.Entry, _ packet: Packet) -> MQTTClientError? {
        if !limits.wildcardSubscriptionAvailable, entry.filters.contains(where: \.hasWildcards) {
            return .notSupported("the server has no Wildcard Subscriptions")
        }
        if !limits.sharedSubscriptionAvailable, entry.filters.contains(where: { $0.shareName != nil }) {
            return .notSupported("the server has no Shared Subscriptions")
        }
        let (bytes, maximum) = (PacketEncoder.encodedLength(packet, version: version), Int(limits.maximumPacketSize))
        return bytes > maximum ? .packetTooLarge(bytes: bytes, maximum: maximum) : nil
    }
}

extension SubscribePacket.Request {
    fileprivate init(_ wanted: TopicSubscription) {
        self.init(
            filter: UTF8Text(wanted.filter),
            options: SubscriptionOptions(
                maximumQoS: wanted.maximumQoS, noLocal: wanted.noLocal, retainAsPublished: wanted.retainAsPublished,
                retainHandling: wanted.retainHandling))
    }
}

extension String {
    /// Why this is no Topic Filter [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.8.2-1] [MQTT-4.8.2-2].
    fileprivate var reasonAgainstSubscribing: String {
        if isEmpty { return "it is empty" }
        if !isCarriable { return "it is longer than 65,535 bytes or holds U+0000" }
        if hasPrefix("$share/") { return "expected $share/{ShareName}/{filter}, with + and # alone between slashes and # at the end" }
        return "+ and # stand alone between slashes, and # at the end"
    }
}
