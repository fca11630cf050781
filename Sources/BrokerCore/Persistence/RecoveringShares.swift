import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// What waited for a Shared Subscription: it may be there before the first member.
extension BrokerCore {
    /// A message of a Shared Subscription: with the session that has begun it at QoS 2, or for the group.
    mutating func recoverShared(_ number: UInt64, _ record: MessageRecord, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let (name, filter) = record.sharedClaim else { return false }
        let body = SharedBytes(copying: value)
        defer { body.release() }
        guard let stored = MessageRecord(body.buffer) else { return false }
        if let session = recovery?.begun[number] {
            guard let (packetID, exchange) = recovery?.exchanges[Recovery.ClaimKey(message: number, session: session)],
                let slot = recovery?.sessions[session]?.slot
            else { return true }
            var delivery = Delivery(message: take(stored, number, sharing: body), qos: exchange.qos, retain: exchange.retain)
            delivery.subscriptionIdentifiers = exchange.identifiers.withUnsafeBytes { identifierSets.make(encoded: $0) }
            delivery.isClaimed = true
            delivery.hasExchangeRecord = true
            recovery?.open.append(
                Recovery.OpenExchange(session: slot, message: number, packetID: packetID, delivery: delivery, isReleased: false))
            return true
        }
        guard shard(ofGroup: name, on: filter) == place.index else { return true }
        var delivery = Delivery(message: take(stored, number, sharing: body), qos: record.head.qos, retain: false)
        delivery.isClaimed = true
        let node = subscriptions.trie.find(filter)
        if let node, let group = subscriptions.findGroup(named: name, at: node) {
            keepRecovered(delivery, of: group)
        } else {
            unjoined[Self.groupName(name, filter), default: []].append(delivery)
        }
        return true
    }

    /// What lies on disk for a Shared Subscription waits for its members; `delivery`'s hold passes to it.
    private mutating func keepRecovered(_ recovered: Delivery, of group: UInt32) {
        var delivery = recovered
        delivery.group = group
        delivery.place = subscriptions.groups[group].nextPlace
        subscriptions.groups[group].nextPlace &+= 1
        keep(delivery, of: group)
        messages.release(delivery.message)
    }

    /// No share name has a `/` in it.
    static func groupName(_ name: UnsafeRawBufferPointer, _ filter: UnsafeRawBufferPointer) -> [UInt8] {
        Array(name) + [UInt8(ascii: "/")] + Array(filter)
    }

    /// The first member has joined: it finds what lay on disk for its group.
    mutating func takeUnjoined(_ name: UnsafeRawBufferPointer, _ filter: UnsafeRawBufferPointer, _ group: UInt32) {
        guard let waiting = unjoined.removeValue(forKey: Self.groupName(name, filter)) else { return }
        for delivery in waiting { keepRecovered(delivery, of: group) }
    }

    /// Everybody who could join has: what is left belongs to nobody.
    mutating func dropUnjoined() {
        for delivery in unjoined.values.joined() {
            settleShared(delivery)
            messages.release(delivery.message)
        }
        unjoined = [:]
    }

    /// Remembers a Shared Subscription that this shard owns.
    mutating func noteGroup(of filter: TopicFilter) {
        guard place.count > 1, let share = filter.shareName else { return }
        share.bytes.withUnsafeBytes { name in
            filter.filter.bytes.withUnsafeBytes { filter in
                guard shard(ofGroup: name, on: filter) == place.index else { return }
                recovery?.groups[Self.groupName(name, filter)] = (Array(name), Array(filter))
            }
        }
    }

    func isJoined(_ name: UnsafeRawBufferPointer, _ filter: UnsafeRawBufferPointer) -> Bool {
        guard let node = subscriptions.trie.find(filter) else { return false }
        return subscriptions.findGroup(named: name, at: node) != nil
    }
}
