import MQTTCodec
import MQTTSession
import Primitives

/// The member's side of a Shared Subscription of another shard: the session is here, the order is there.
extension BrokerCore {
    /// Whether another shard owns the group.
    func isForeign(_ group: UInt32) -> Bool { subscriptions.groups[group].owner != place.index }

    private func membership(_ subscription: UInt32) -> Membership {
        Membership(slot: subscription, generation: subscriptions.generation(of: subscription))
    }

    /// Tells the owner of a new member, or of one with new options.
    mutating func tellJoin(_ subscription: UInt32, _ filter: TopicFilter, isNew: Bool) {
        let joining = subscriptions.pointer(to: subscription).pointee
        let group = subscriptions.groups.pointer(to: joining.group)
        if isNew {
            joined.store(Joined(), at: subscription)
            sessions[joining.session].joinedGroups += 1
        }
        let membership = membership(subscription)
        let shareNameCount = group.pointee.shareName.count
        let name = Array(group.pointee.shareName.buffer) + filter.filter.bytes
        name.withUnsafeBytes {
            outbox.tell(group.pointee.owner, copying: $0) {
                .join(
                    membership, maximumQoS: joining.maximumQoS, isDurable: joining.isDurable, name: $0, shareNameCount: shareNameCount)
            }
        }
    }

    /// Tells the owner that a member has left for good.
    mutating func tellLeave(_ subscription: UInt32) {
        let leaving = subscriptions.pointer(to: subscription).pointee
        sessions[leaving.session].joinedGroups -= 1
        outbox.tell(subscriptions.groups[leaving.group].owner, .leave(membership(subscription)))
        keepQueued(of: leaving.session, group: leaving.group)
    }

    /// Tells the owners of the session's groups how it stands, where that has changed.
    mutating func tellMemberState(_ slot: UInt32) {
        let session = sessions.pointer(to: slot)
        let mayStart = session.pointee.isConnected && session.pointee.backlog.isEmpty
        var state = MemberState()
        state.isConnected = session.pointee.isConnected
        state.room = mayStart && session.pointee.mayStartExchange ? session.pointee.sendQuota.room : 0
        state.inFlight = UInt32(session.pointee.flows.count)
        state.takesAtMostOnce = session.pointee.queuedAtMostOnce == 0 && session.pointee.backlog.isDisjoint(with: [.offline, .congested])
        var next = session.pointee.firstSubscription
        while next != Subscription.none {
            let subscription = next
            let group = subscriptions.pointer(to: subscription).pointee.group
            next = subscriptions.pointer(to: subscription).pointee.nextOfSession
            guard group != Subscription.none, isForeign(group) else { continue }
            if outbox.full.contains(subscriptions.groups[group].owner) {
                untoldMembers.insert(slot)
                continue
            }
            let known = joined.pointer(to: subscription)
            state.taken = known.pointee.taken
            guard known.pointee.told != state else { continue }
            known.pointee.told = state
            outbox.tell(subscriptions.groups[group].owner, .memberState(membership(subscription), state))
        }
    }

    /// The owner has chosen a member of this shard. If it is gone by now, the message goes back.
    mutating func take(_ message: UInt32, _ giving: Giving, from shard: Int, at now: Instant, into actions: inout Actions) {
        let slot = giving.membership.slot
        guard subscriptions.isUsed(slot, generation: giving.membership.generation) else {
            if messages[message].qos != .atMostOnce { giveBack(message, giving, to: shard) }
            return
        }
        let subscription = subscriptions.pointer(to: slot).pointee
        let content = messages[message]
        let group = subscriptions.groups.pointer(to: subscription.group)
        group.pointee.ownersGroup = (giving.group, giving.groupGeneration)
        let qos = min(content.qos, subscription.maximumQoS)
        // As the owner counted, though the member may have changed its QoS since.
        if giving.needsQuota { joined.pointer(to: slot).pointee.taken &+= 1 }
        let identifiers = identifierSets.make(subscription.identifier)
        var delivery = Delivery(
            message: message, qos: qos, retain: subscription.retainAsPublished && content.retain,
            subscriptionIdentifiers: identifiers, group: subscription.group, place: giving.place)
        delivery.isClaimed = content.record != 0
        if !deliver(delivery, to: subscription.session, at: now, into: &actions) { tellMemberState(subscription.session) }
        identifierSets.release(identifiers)
    }

    /// The owner gives to others what a member that has gone did not acknowledge; if it is back already, it keeps it.
    mutating func giveBack(_ membership: Membership) {
        guard subscriptions.isUsed(membership.slot, generation: membership.generation) else { return }
        let subscription = subscriptions.pointer(to: membership.slot).pointee
        guard !sessions[subscription.session].isConnected else { return }
        giveBack(from: subscription.session, group: subscription.group)
    }

    /// The session ends: what it did not acknowledge goes back to the owners of its groups.
    mutating func giveBackAll(from slot: UInt32) {
        guard sessions[slot].joinedGroups > 0 else { return }
        var next = sessions[slot].firstSubscription
        while next != Subscription.none {
            let group = subscriptions.pointer(to: next).pointee.group
            next = subscriptions.pointer(to: next).pointee.nextOfSession
            if group != Subscription.none, isForeign(group) { giveBack(from: slot, group: group) }
        }
    }

    /// The newest first, each before what came back already; the owner gives them to others when the last has come. QoS 2
    /// that was begun stays [MQTT-4.8.2-4] [MQTT-4.8.2-5].
    private mutating func giveBack(from slot: UInt32, group: UInt32) {
        let session = sessions.pointer(to: slot)
        var returned: [Delivery] = []
        for _ in 0..<session.pointee.queue.count {
            guard let delivery = popQueue(session) else { break }
            if delivery.group == group {
                returned.append(delivery)
            } else {
                requeue(delivery, session)
            }
        }
        returned.reverse()
        for packetID in session.pointee.flows.inOrder().reversed() {
            guard let exchange = session.pointee.flows.exchange(packetID), exchange.state == .awaitingPuback,
                exchange.delivery.group == group
            else { continue }
            session.pointee.flows.abandon(packetID)
            returned.append(exchange.delivery)
        }
        for (i, delivery) in returned.enumerated() { giveBack(delivery, group, isLast: i == returned.count - 1) }
    }

    /// The delivery's holds end.
    private mutating func giveBack(_ delivery: Delivery, _ group: UInt32, isLast: Bool) {
        let shared = subscriptions.groups[group]
        let giving = Giving(
            membership: Membership(slot: 0, generation: 0), group: shared.ownersGroup.slot, groupGeneration: shared.ownersGroup.generation,
            place: delivery.place, isLast: isLast)
        giveBack(delivery.message, giving, to: shared.owner)
        release(delivery)
    }

    private mutating func giveBack(_ message: UInt32, _ giving: Giving, to shard: Int) {
        outbox.give(messages[message], giving, to: shard) { .giveBack($0, $1) }
    }

    /// What waits for a session that leaves a group stays its own [MQTT-3.10.4-3], on disk as well if the session is kept.
    private mutating func keepQueued(of slot: UInt32, group: UInt32) {
        let session = sessions.pointer(to: slot)
        for i in 0..<session.pointee.queue.count where session.pointee.queue[i].group == group {
            var delivery = session.pointee.queue[i]
            delivery.group = Delivery.noGroup
            if delivery.isClaimed, session.pointee.number != 0, delivery.qos != .atMostOnce {
                let shared = delivery.message
                delivery.message = messages.derive(shared)
                claim(delivery, packetID: 0, for: session)
                sealClaims(of: delivery.message)
                settle(messages[shared].record, of: 0)
                messages.release(shared)
            }
            session.pointee.queue[i] = delivery
        }
    }
}
