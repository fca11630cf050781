import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// UNSUBSCRIBE → UNSUBACK.
extension BrokerCore {
    /// Removes each filter that is subscribed to, character for character, and answers in any case
    /// [MQTT-3.10.4-1] [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.10.4-6] [MQTT-3.11.3-1].
    mutating func unsubscribe(_ packet: UnsubscribePacket, from connection: UInt32, into actions: inout Actions) {
        let slot = connections[connection].session
        var codes: [ReasonCode] = []
        let isInUse = isInUse(packet.packetID, slot)
        for text in packet.filters {
            if isInUse {
                codes.append(.packetIdentifierInUse)
                continue
            }
            guard let filter = TopicFilter(text) else {
                codes.append(.topicFilterInvalid)
                continue
            }
            if let found = findSubscription(filter, of: slot) {
                removeSubscription(found)
                codes.append(.success)
            } else {
                codes.append(.noSubscriptionExisted)
            }
        }
        actions.send(
            .unsuback(UnsubackPacket(packetID: packet.packetID, reasonCodes: codes)), to: connection,
            isPromise: sessions[slot].number != 0)
    }

    /// Ends one subscription. Deliveries already begun or queued go on [MQTT-3.10.4-2] [MQTT-3.10.4-3]; retained
    /// messages still to come for it do not.
    mutating func removeSubscription(_ subscription: UInt32) {
        let removed = subscriptions.pointer(to: subscription).pointee
        if removed.group != Subscription.none {
            let group = subscriptions.groups.pointer(to: removed.group)
            group.pointee.memberCount -= 1
            if removed.isDurable { group.pointee.durableMembers -= 1 }
            if group.pointee.turn == subscription { group.pointee.turn = removed.next }
            // Its delivery is completed [MQTT-3.10.4-3]; and the group's slot may be another's soon.
            if !removed.isRemote { sessions[removed.session].flows.leave(group: removed.group) }
            if isForeign(removed.group) { tellLeave(subscription) }
        } else {
            cancelRetained(subscription)
        }
        if removed.record != 0 { journal.delete(removed.record, in: BrokerTable.subscriptions) }
        let wasWanted = subscriptions.trie.heads(of: removed.node).pointee.value.isWanted
        if removed.isRemote {
            subscriptions.remove(subscription, sessionHead: &remoteMembers.firstSubscription)
        } else {
            subscriptions.remove(subscription, sessionHead: &sessions[removed.session].firstSubscription)
            sessions[removed.session].subscriptionCount -= 1
        }
        if removed.group != Subscription.none, subscriptions.groups[removed.group].memberCount == 0 { removeGroup(removed.group) }
        let isWanted = subscriptions.trie.heads(of: removed.node).pointee.value.isWanted
        subscriptions.trie.filter(of: removed.node).withUnsafeBytes {
            filterChanged($0)
            if wasWanted, !isWanted { tellInterest(in: $0, isWanted: false) }
        }
        subscriptions.trie.prune(removed.node)
    }

    mutating func removeAllSubscriptions(of slot: UInt32) {
        while sessions[slot].firstSubscription != Subscription.none { removeSubscription(sessions[slot].firstSubscription) }
    }
}
