import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// QoS 2 messages that the publisher will not send again and some shard had not dealt with.
extension BrokerCore {
    mutating func recoverUnconfirmed(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let (number, shard) = RecordKey.unconfirmed(key), number < Self.numbersEnd, shard < ShardPlace.maximumCount else {
            return false
        }
        recovery?.saw(number)
        if place.index == 0 { journal.delete(Array(key), in: BrokerTable.unconfirmed) }
        let body = SharedBytes(copying: value)
        defer { body.release() }
        guard let record = MessageRecord(body.buffer) else { return false }
        let message = take(record, 0, sharing: body)
        recovery?.unconfirmed.append((shard, message))
        return true
    }

    /// Brings a message to those whose shard, as it was, had not dealt with it.
    mutating func routeUnconfirmed(
        _ message: UInt32, missedBy shard: Int, _ recovered: Recovery, at now: Instant, into actions: inout Actions
    ) {
        guard messages[message].expires > now else { return }
        let entry = resolve(messages[message].topicBytes)
        for i in 0..<Int(router.entry(entry).pointee.count) {
            guard let receiver = router.entry(entry).pointee.receivers?[i] else { return }
            if receiver.isGroup {
                let group = subscriptions.groups[receiver.target]
                let isMissing = subscriptions.trie.filter(of: group.node).withUnsafeBytes {
                    oldShard(recovered.placement, group.shareName.buffer, $0) == shard
                }
                if isMissing { _ = deliverShared(message, to: receiver.target, at: now, into: &actions) }
            } else if oldShard(recovered.placement, sessions[receiver.target].clientIDBytes) == shard {
                _ = deliver(message, to: receiver, at: now, into: &actions)
            }
        }
        sealClaims(of: message)
        for (key, group) in recovered.groups {
            group.name.withUnsafeBytes { name in
                group.filter.withUnsafeBytes { filter in
                    guard oldShard(recovered.placement, name, filter) == shard, !isJoined(name, filter),
                        TopicFilter(UTF8Text(unchecked: group.filter))?.matches(topic: messages[message].topicBytes) == true
                    else { return }
                    var delivery = Delivery(
                        message: claimed(message, byGroup: name, on: filter), qos: messages[message].qos, retain: false)
                    delivery.isClaimed = true
                    unjoined[key, default: []].append(delivery)
                }
            }
        }
    }

    /// Where a client, or the owner of a Shared Subscription, was placed in the last run.
    private func oldShard(_ placement: PlacementRecord, _ name: UnsafeRawBufferPointer, _ filter: UnsafeRawBufferPointer? = nil) -> Int {
        guard placement.shards > 1, let start = name.baseAddress else { return 0 }
        let hash = ByteHash(seed: placement.hashSeed)
        var hashed = hash(start, name.count)
        if let filter, let base = filter.baseAddress { hashed = hash(hashed ^ hash(base, filter.count)) }
        return Int(hashed.multipliedFullWidth(by: UInt64(placement.shards)).high)
    }
}
