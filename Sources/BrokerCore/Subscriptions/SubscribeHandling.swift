import MQTTCodec
import MQTTSession
import Primitives

/// SUBSCRIBE → SUBACK, and what a new subscription sets going.
extension BrokerCore {
    /// Handles each filter in its order and answers with one SUBACK, one code a filter
    /// [MQTT-3.8.4-1] [MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.9.3-1].
    mutating func subscribe(_ packet: SubscribePacket, from connection: UInt32, at now: Instant, into actions: inout Actions) {
        let slot = connections[connection].session
        let identifier = packet.properties.subscriptionIdentifiers.first ?? 0
        var codes: [ReasonCode] = []
        var wanted: [UInt32] = []
        var owners = PeerSet()
        let isInUse = isInUse(packet.packetID, slot)
        for request in packet.requests {
            if isInUse {
                codes.append(.packetIdentifierInUse)
                continue
            }
            switch admit(request, identifier: identifier, from: connection, session: slot) {
            case .refused(let code): codes.append(code)
            case .admitted(let filter):
                codes.append(
                    add(request.options, filter, identifier, to: slot, listener: connections[connection].listener, &wanted, &owners))
            }
        }
        let suback = SubackPacket(packetID: packet.packetID, reasonCodes: codes)
        if owners.isEmpty, sessions[slot].firstPending == PendingAcknowledgement.none {
            actions.send(.suback(suback), to: connection, isPromise: sessions[slot].number != 0)
        } else {
            if !owners.isEmpty { tellMemberState(slot) }
            postpone(suback, until: owners, to: connection)
        }
        for subscription in wanted { startRetained(subscription) }
        scheduleDrain(slot)
    }

    private enum Admission {
        case admitted(TopicFilter)
        case refused(ReasonCode)
    }

    /// The filter, or the code that refuses it [MQTT-3.9.3-2].
    private mutating func admit(
        _ request: SubscribePacket.Request, identifier: UInt32, from connection: UInt32, session: UInt32
    ) -> Admission {
        let listener = listeners[Int(connections[connection].listener)]
        guard let filter = TopicFilter(request.filter), request.filter.bytes.count <= options.limits.topicBytes,
            filter.levelCount <= options.limits.topicLevels
        else { return .refused(.topicFilterInvalid) }
        if filter.shareName != nil, !listener.sharedSubscriptionAvailable { return .refused(.sharedSubscriptionsNotSupported) }
        if filter.hasWildcards, !listener.wildcardSubscriptionAvailable { return .refused(.wildcardSubscriptionsNotSupported) }
        if identifier != 0, !listener.subscriptionIdentifierAvailable { return .refused(.subscriptionIdentifiersNotSupported) }
        if sessions[session].subscriptionCount >= UInt32(clamping: options.limits.subscriptionsPerSession),
            findSubscription(filter, of: session) == nil
        {
            return .refused(.quotaExceeded)
        }
        return .admitted(filter)
    }

    /// Makes or replaces one subscription [MQTT-3.8.4-3]; the granted QoS [MQTT-3.8.4-7].
    private mutating func add(
        _ requested: SubscriptionOptions, _ filter: TopicFilter, _ identifier: UInt32, to slot: UInt32, listener: UInt16,
        _ wanted: inout [UInt32], _ owners: inout PeerSet
    ) -> ReasonCode {
        let isBridge = sessions[slot].isBridge
        let maximumQoS = min(requested.maximumQoS, listeners[Int(listener)].maximumQoS)
        var subscription = Subscription(
            session: slot, node: 0, group: Subscription.none, identifier: identifier, maximumQoS: maximumQoS,
            noLocal: requested.noLocal || (isBridge && filter.shareName == nil),
            retainAsPublished: requested.retainAsPublished || isBridge)
        let existing = findSubscription(filter, of: slot)
        let added: UInt32
        if let existing {
            added = existing
            let old = subscriptions.pointer(to: existing)
            old.pointee.identifier = identifier
            old.pointee.maximumQoS = maximumQoS
            old.pointee.noLocal = subscription.noLocal
            old.pointee.retainAsPublished = subscription.retainAsPublished
        } else {
            subscription.isDurable = sessions[slot].number != 0
            added = insert(subscription, filter)
        }
        keepSubscription(added, filter: filter.text.bytes)
        let shared = subscriptions.pointer(to: added).pointee.group
        if shared != Subscription.none, isForeign(shared) {
            tellJoin(added, filter, isNew: existing == nil)
            if existing == nil { owners.insert(subscriptions.groups[shared].owner) }
        }
        filter.filter.bytes.withUnsafeBytes { filterChanged($0) }
        if filter.shareName == nil, wantsRetained(requested.retainHandling, isNew: existing == nil) { wanted.append(added) }
        return ReasonCode(rawValue: maximumQoS.rawValue) ?? .success
    }

    /// Adds a subscription that its session has not got yet; the other shards are told if it is the first to its filter.
    mutating func insert(_ fresh: Subscription, _ filter: TopicFilter) -> UInt32 {
        var subscription = fresh
        subscription.node = filter.filter.bytes.withUnsafeBytes { subscriptions.trie.insert($0) }
        let wasWanted = subscriptions.trie.heads(of: subscription.node).pointee.value.isWanted
        if let shareName = filter.shareName {
            subscription.group = shareName.bytes.withUnsafeBytes { shareName in
                filter.filter.bytes.withUnsafeBytes { group(named: shareName, on: $0, at: subscription.node) }
            }
            subscriptions.joined(subscription.group, isDurable: subscription.isDurable)
        }
        let added = subscriptions.insert(subscription, sessionHead: &sessions[subscription.session].firstSubscription)
        sessions[subscription.session].subscriptionCount += 1
        let isWanted = subscriptions.trie.heads(of: subscription.node).pointee.value.isWanted
        if isWanted, !wasWanted { filter.filter.bytes.withUnsafeBytes { tellInterest(in: $0, isWanted: true) } }
        return added
    }

    /// The subscription of a session to this very filter and share name.
    mutating func findSubscription(_ filter: TopicFilter, of session: UInt32) -> UInt32? {
        guard let node = filter.filter.bytes.withUnsafeBytes({ subscriptions.trie.find($0) }) else { return nil }
        guard let shareName = filter.shareName else {
            return subscriptions.find(session: session, node: node, group: Subscription.none)
        }
        guard let group = shareName.bytes.withUnsafeBytes({ subscriptions.findGroup(named: $0, at: node) }) else { return nil }
        return subscriptions.find(session: session, node: node, group: group)
    }
}
