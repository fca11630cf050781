import MQTTCodec
import MQTTSession
import Primitives

/// The owner's side of a Shared Subscription whose members are on several shards: it keeps the order, chooses the member,
/// and takes back what a member that has gone did not acknowledge.
extension BrokerCore {
    /// A session of another shard joins, or has changed its options.
    mutating func join(
        _ membership: Membership, of shard: Int, _ maximumQoS: QoS, isDurable: Bool, shareName: UnsafeRawBufferPointer,
        filter: UnsafeRawBufferPointer
    ) {
        if let row = remoteMembers.find(membership, of: shard) {
            subscriptions.pointer(to: remoteMembers.pointer(to: row).pointee.subscription).pointee.maximumQoS = maximumQoS
            return
        }
        let node = subscriptions.trie.insert(filter)
        let wasWanted = subscriptions.trie.heads(of: node).pointee.value.isWanted
        let group = group(named: shareName, on: filter, at: node)
        let row = remoteMembers.insert(RemoteMember(shard: shard, membership: membership))
        var subscription = Subscription(
            session: row, node: node, group: group, identifier: 0, maximumQoS: maximumQoS, noLocal: false, retainAsPublished: false)
        subscription.isRemote = true
        subscription.isDurable = isDurable
        subscriptions.joined(group, isDurable: isDurable)
        remoteMembers.pointer(to: row).pointee.subscription = subscriptions.insert(
            subscription, sessionHead: &remoteMembers.firstSubscription)
        filterChanged(filter)
        if !wasWanted { tellInterest(in: filter, isWanted: true) }
    }

    /// A member of another shard has left.
    mutating func leave(_ membership: Membership, of shard: Int) {
        guard let row = remoteMembers.find(membership, of: shard) else { return }
        removeSubscription(remoteMembers.pointer(to: row).pointee.subscription)
        remoteMembers.remove(row)
    }

    /// A member of another shard has room, or none; or it has gone, and others get what it did not acknowledge.
    mutating func note(
        _ state: MemberState, of membership: Membership, on shard: Int, at now: Instant, into actions: inout Actions
    ) {
        guard let row = remoteMembers.find(membership, of: shard) else { return }
        let member = remoteMembers.pointer(to: row)
        member.pointee.state = state
        let group = subscriptions.pointer(to: member.pointee.subscription).pointee.group
        if state.isConnected {
            drainWholeGroup(group, at: now, into: &actions)
        } else if subscriptions.groups[group].memberCount > 1 {
            outbox.tell(shard, .takeBack(membership))
        }
    }

    /// Whether a member of another shard can be given a message; none while its shard is behind.
    func hasRoom(_ row: UInt32, needsQuota: Bool) -> Bool {
        let member = remoteMembers.pointer(to: row)
        guard !outbox.full.contains(member.pointee.shard) else { return false }
        return needsQuota ? member.pointee.room > 0 : member.pointee.state.isConnected && member.pointee.state.takesAtMostOnce
    }

    /// Sends a message to a member of another shard.
    mutating func give(_ message: UInt32, isClaimed: Bool, to row: UInt32, of group: UInt32, place: UInt32, needsQuota: Bool) {
        let member = remoteMembers.pointer(to: row)
        if needsQuota { member.pointee.given &+= 1 }
        let giving = Giving(
            membership: member.pointee.membership, group: group, groupGeneration: subscriptions.groups.generation(of: group), place: place,
            needsQuota: needsQuota)
        if messages[message].size >= PeerOutbox.shareThreshold { messages.own(message) }
        var crossing = messages[message]
        if !isClaimed { crossing.record = 0 }
        outbox.give(crossing, giving, to: member.pointee.shard) { .give($0, $1) }
    }

    /// A message comes back from a member that has gone.
    mutating func takeBack(_ message: UInt32, _ giving: Giving, at now: Instant, into actions: inout Actions) {
        guard subscriptions.groups.isUsed(giving.group), subscriptions.groups.generation(of: giving.group) == giving.groupGeneration
        else {
            if messages[message].record != 0 { settle(messages[message].record, of: 0) }
            return
        }
        messages.own(message)
        var delivery = Delivery(
            message: message, qos: messages[message].qos, retain: false, group: giving.group, place: giving.place)
        delivery.isClaimed = messages[message].record != 0
        keep(delivery, of: giving.group)
        if giving.isLast { drainWholeGroup(giving.group, at: now, into: &actions) }
    }

    /// A shard that was behind has caught up: its members can be given messages again.
    mutating func caughtUp(_ shard: Int, at now: Instant, into actions: inout Actions) {
        let untold = untoldMembers
        untoldMembers.removeAll()
        for slot in untold where sessions.isUsed(slot) && sessions[slot].joinedGroups > 0 { tellMemberState(slot) }
        guard pendingGroups > 0 else { return }
        for row in remoteMembers.all(of: shard) {
            drainWholeGroup(
                subscriptions.pointer(to: remoteMembers.pointer(to: row).pointee.subscription).pointee.group, at: now, into: &actions)
        }
    }
}
