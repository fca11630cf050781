import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// Sessions, their subscriptions, and which QoS 2 messages of their clients they have had.
extension BrokerCore {
    mutating func recoverSession(_ number: UInt64, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let record = SessionRecord(value), !record.clientID.isEmpty, let aliveAt = recovery?.aliveAt else { return false }
        let shard = record.clientID.withUnsafeBytes { self.shard(of: $0) }
        guard shard == place.index else {
            recovery?.sessions[number] = (shard, Session.none)
            return true
        }
        guard findSession(record.clientID) == nil else { return false }
        let slot = sessions.insert(Session(clientID: record.clientID.withUnsafeBytes { SharedBytes(copying: $0) }))
        registry.insert(slot, in: sessions)
        _ = place.common.sessions.take(1, upTo: .max)
        recovery?.sessions[number] = (shard, slot)
        sessions[slot].number = number
        sessions[slot].expirySeconds = record.expirySeconds
        let endedAt = journal.keeping.instant(record.disconnectedAt == 0 ? aliveAt : record.disconnectedAt)
        if record.disconnectedAt == 0 { keepSession(slot, disconnectedAt: endedAt) }
        if record.expirySeconds != .max {
            sessions[slot].expiryTimer = timers.arm(
                TimerToken.make(.sessionExpiry, slot), at: endedAt.advanced(bySeconds: record.expirySeconds))
        }
        return true
    }

    mutating func recoverSubscription(_ number: UInt64, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let record = SubscriptionRecord(value), record.identifier <= VariableByteInteger.maximum,
            let filter = record.filter.withUnsafeBytes({ UTF8Text(validating: $0, controlCharactersAllowed: true) }).flatMap(
                TopicFilter.init)
        else { return false }
        guard let session = recovery?.sessions[record.session] else { return forgetOrphan(number, in: BrokerTable.subscriptions) }
        noteGroup(of: filter)
        guard session.shard == place.index else { return true }
        guard findSubscription(filter, of: session.slot) == nil else { return false }
        var subscription = Subscription(
            session: session.slot, node: 0, group: Subscription.none, identifier: record.identifier, maximumQoS: record.maximumQoS,
            noLocal: record.noLocal, retainAsPublished: record.retainAsPublished)
        subscription.isDurable = true
        subscription.record = number
        let added = insert(subscription, filter)
        let group = subscriptions.pointer(to: added).pointee.group
        if group != Subscription.none, isForeign(group) { tellJoin(added, filter, isNew: true) }
        return true
    }

    mutating func recoverReceived(_ key: UnsafeRawBufferPointer) -> Bool {
        guard let (number, packetID) = RecordKey.exchange(key), packetID != 0 else { return false }
        guard let session = recovery?.sessions[number], session.shard == place.index else { return true }
        if !sessions[session.slot].inbound.contains(packetID) { sessions[session.slot].inbound.insert(packetID) }
        return true
    }
}
