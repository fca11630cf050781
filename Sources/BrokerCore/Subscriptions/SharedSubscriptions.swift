import MQTTCodec
import MQTTSession
import Primitives

/// Who of a Shared Subscription gets a message [MQTT5 §4.8.2].
extension BrokerCore {
    /// Brings a message to one connected member, or keeps it for the first that has room. False when a bound refused it.
    mutating func deliverShared(_ message: UInt32, to group: UInt32, at now: Instant, into actions: inout Actions) -> Bool {
        let shared = subscriptions.groups.pointer(to: group)
        let qos = messages[message].qos
        let place = shared.pointee.nextPlace
        shared.pointee.nextPlace &+= 1
        // QoS 0 may pass messages that wait for somebody's quota, as it may in a session.
        if shared.pointee.pending.isEmpty || qos == .atMostOnce, let member = chooseMember(of: group, qos: qos) {
            let isClaimed = qos != .atMostOnce && shared.pointee.durableMembers > 0
            let given = isClaimed ? claimed(message, by: group) : message
            give(given, isClaimed: isClaimed, to: member, of: group, place: place, at: now, into: &actions)
            if isClaimed { messages.release(given) }
            return true
        }
        // A QoS 0 message is not kept for later; without subscribers in reach it is gone, as for any other subscription.
        guard qos != .atMostOnce else { return true }
        let size = messages[message].size
        let limits = options.limits
        guard shared.pointee.pending.count < limits.queuedMessages, shared.pointee.pendingBytes + size <= limits.queuedBytes,
            queued.hasRoom(size, limit: limits.queuedBytesTotal)
        else {
            dropped(messages[message].topicBytes, for: Session.none, .queueFullNewest)
            return false
        }
        let isClaimed = shared.pointee.durableMembers > 0
        let kept = isClaimed ? claimed(message, by: group) : message
        messages.own(kept)
        var delivery = Delivery(message: kept, qos: qos, retain: false, group: group, place: place)
        delivery.isClaimed = isClaimed
        keep(delivery, of: group)
        if isClaimed { messages.release(kept) }
        return true
    }

    /// Sends messages that waited for room to a member that has some now, oldest first.
    mutating func drainGroups(of slot: UInt32, _ budget: inout Int, at now: Instant, into actions: inout Actions) {
        var membership = sessions[slot].firstSubscription
        while membership != Subscription.none, budget > 0 {
            let subscription = subscriptions.pointer(to: membership).pointee
            membership = subscription.nextOfSession
            if subscription.group != Subscription.none { drainGroup(subscription.group, &budget, at: now, into: &actions) }
        }
    }

    mutating func drainWholeGroup(_ group: UInt32, at now: Instant, into actions: inout Actions) {
        var budget = Int.max
        drainGroup(group, &budget, at: now, into: &actions)
    }

    private mutating func drainGroup(_ group: UInt32, _ budget: inout Int, at now: Instant, into actions: inout Actions) {
        let shared = subscriptions.groups.pointer(to: group)
        while budget > 0, !shared.pointee.pending.isEmpty {
            let next = shared.pointee.pending[0]
            let isExpired = messages[next.message].expires <= now
            let member = isExpired ? nil : chooseMember(of: group, qos: next.qos)
            if !isExpired, member == nil { return }
            takeFromFront(of: group)
            if let member {
                give(next.message, isClaimed: next.isClaimed, to: member, of: group, place: next.place, at: now, into: &actions)
            } else {
                dropped(messages[next.message].topicBytes, for: Session.none, .expired)
                settleShared(next)
            }
            messages.release(next.message)
            budget -= 1
        }
    }

    /// The members whose turn it may be are tried from the one after the last.
    private mutating func chooseMember(of group: UInt32, qos: QoS) -> UInt32? {
        let shared = subscriptions.groups.pointer(to: group)
        var candidate = shared.pointee.turn == Subscription.none ? shared.pointee.firstMember : shared.pointee.turn
        var best: UInt32?
        var bestInFlight = Int.max
        for _ in 0..<shared.pointee.memberCount {
            let subscription = subscriptions.pointer(to: candidate).pointee
            let next = subscription.next == Subscription.none ? shared.pointee.firstMember : subscription.next
            if hasRoom(subscription, qos: qos) {
                if options.sharedSubscriptionStrategy == .roundRobin {
                    shared.pointee.turn = next
                    return candidate
                }
                let inFlight =
                    subscription.isRemote
                    ? remoteMembers.pointer(to: subscription.session).pointee.inFlight : sessions[subscription.session].flows.count
                if inFlight < bestInFlight {
                    bestInFlight = inFlight
                    best = candidate
                    shared.pointee.turn = next
                }
            }
            candidate = next
        }
        return best
    }

    /// Only a connected member with nothing waiting is chosen, and one with quota where quota is needed.
    private mutating func hasRoom(_ subscription: Subscription, qos: QoS) -> Bool {
        if subscription.isRemote { return hasRoom(subscription.session, needsQuota: min(qos, subscription.maximumQoS) != .atMostOnce) }
        let session = sessions.pointer(to: subscription.session)
        if min(qos, subscription.maximumQoS) == .atMostOnce {
            return session.pointee.queuedAtMostOnce == 0 && session.pointee.backlog.isDisjoint(with: [.offline, .congested])
        }
        return session.pointee.backlog.isEmpty && session.pointee.mayStartExchange
    }

    /// Sends a message to the chosen member, at no more than its granted QoS [MQTT-4.8.2-3].
    private mutating func give(
        _ message: UInt32, isClaimed: Bool, to member: UInt32, of group: UInt32, place: UInt32, at now: Instant,
        into actions: inout Actions
    ) {
        let subscription = subscriptions.pointer(to: member).pointee
        let content = messages[message]
        if subscription.isRemote {
            let needsQuota = min(content.qos, subscription.maximumQoS) != .atMostOnce
            give(message, isClaimed: isClaimed, to: subscription.session, of: group, place: place, needsQuota: needsQuota)
            return
        }
        let identifiers = identifierSets.make(subscription.identifier)
        var delivery = Delivery(
            message: message, qos: min(content.qos, subscription.maximumQoS), retain: subscription.retainAsPublished && content.retain,
            subscriptionIdentifiers: identifiers, group: group, place: place)
        delivery.isClaimed = isClaimed
        _ = deliver(delivery, to: subscription.session, at: now, into: &actions)
        identifierSets.release(identifiers)
    }

    /// A member has gone: what it did not acknowledge at QoS 1 goes to the others, before what waits, in order. QoS 2
    /// stays with the session it was begun with [MQTT-4.8.2-4] [MQTT-4.8.2-5].
    mutating func takeBackShared(from slot: UInt32, at now: Instant, into actions: inout Actions) {
        let session = sessions.pointer(to: slot)
        guard session.pointee.flows.count > 0 else { return }
        var touched: Set<UInt32> = []
        for packetID in session.pointee.flows.inOrder().reversed() {
            guard let exchange = session.pointee.flows.exchange(packetID), exchange.state == .awaitingPuback,
                exchange.delivery.group != Delivery.noGroup, !isForeign(exchange.delivery.group),
                hasOtherMember(exchange.delivery.group, than: slot)
            else { continue }
            session.pointee.flows.abandon(packetID)
            identifierSets.release(exchange.delivery.subscriptionIdentifiers)
            var delivery = exchange.delivery
            delivery.subscriptionIdentifiers = 0
            delivery.qos = messages[delivery.message].qos
            keep(delivery, of: delivery.group)
            messages.release(delivery.message)
            touched.insert(delivery.group)
        }
        for group in touched { drainWholeGroup(group, at: now, into: &actions) }
    }

    private mutating func hasOtherMember(_ group: UInt32, than session: UInt32) -> Bool {
        guard subscriptions.groups.isUsed(group) else { return false }
        let shared = subscriptions.groups.pointer(to: group)
        guard shared.pointee.firstMember != Subscription.none else { return false }
        let first = subscriptions.pointer(to: shared.pointee.firstMember)
        return shared.pointee.memberCount > 1 || first.pointee.isRemote || first.pointee.session != session
    }

    /// Keeps a message, with a use of its own, in its place among those that wait.
    mutating func keep(_ delivery: Delivery, of group: UInt32) {
        let shared = subscriptions.groups.pointer(to: group)
        messages.retain(delivery.message)
        if shared.pointee.pending.isEmpty { pendingGroups += 1 }
        shared.pointee.insert(delivery)
        let size = messages[delivery.message].size
        shared.pointee.pendingBytes += size
        queued.add(size)
    }

    private mutating func takeFromFront(of group: UInt32) {
        let shared = subscriptions.groups.pointer(to: group)
        guard let delivery = shared.pointee.pending.popFirst() else { return }
        let size = messages[delivery.message].size
        shared.pointee.pendingBytes -= size
        queued.remove(size, limit: options.limits.queuedBytesTotal)
        if shared.pointee.pending.isEmpty { pendingGroups -= 1 }
    }

    /// The group of a share name on a filter, made when it is the first to ask.
    mutating func group(named shareName: UnsafeRawBufferPointer, on filter: UnsafeRawBufferPointer, at node: UInt32) -> UInt32 {
        if let found = subscriptions.findGroup(named: shareName, at: node) { return found }
        let group = subscriptions.insertGroup(named: shareName, at: node, owner: shard(ofGroup: shareName, on: filter))
        if !unjoined.isEmpty { takeUnjoined(shareName, filter, group) }
        return group
    }

    /// The last member has left: the group ends, and what waited in it.
    mutating func removeGroup(_ group: UInt32) {
        while !subscriptions.groups[group].pending.isEmpty {
            let delivery = subscriptions.groups[group].pending[0]
            takeFromFront(of: group)
            settleShared(delivery)
            messages.release(delivery.message)
        }
        subscriptions.removeGroup(group)
    }
}
