import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// A message that waits on disk for one session.
struct Spilled: BitwiseCopyable {
    var record: UInt64
    /// What it counts against the budgets, in bytes.
    var size: UInt32
}

/// Messages on disk: one record for all who have a claim to it, gone when the last claim is settled.
extension BrokerCore {
    // MARK: - Claims of sessions

    /// A durable session has a right to the message being routed, sent under `packetID` or, 0, not yet; `sealClaims`
    /// writes it, with all who have.
    mutating func claim(_ delivery: Delivery, packetID: UInt16, for session: UnsafeMutablePointer<Session>) {
        let message = messages.pointer(to: delivery.message)
        if message.pointee.record == 0 { message.pointee.record = journal.makeNumber() }
        Claim.append(
            session: session.pointee.number, packetID: packetID, qos: delivery.qos, retain: delivery.retain,
            identifiers: identifierSets.bytes(of: delivery.subscriptionIdentifiers), to: &journal.claims)
        journal.claimCount += 1
    }

    /// Writes the message that was routed, if anybody durable has a claim to it.
    @inline(__always) mutating func sealClaims(of message: UInt32) {
        if journal.claimCount > 0 { writeClaims(of: message) }
    }

    private mutating func writeClaims(of slot: UInt32) {
        let message = messages[slot]
        let head = head(of: message, claimCount: journal.claimCount)
        let claimBytes = journal.claims.bytes
        journal.put(MessageHead.bytes + claimBytes.count + message.size, at: message.record, in: BrokerTable.messages) {
            message.write(head, claims: claimBytes, to: $0)
        }
        if journal.claimCount > 1 { journal.unsettled[message.record] = journal.claimCount }
        journal.claims.removeAll()
        journal.claimCount = 0
    }

    /// What became of a delivery needs no remembering any more: it was acknowledged, dropped, or its session ended.
    @inline(__always) mutating func settle(_ delivery: Delivery, of session: UnsafeMutablePointer<Session>) {
        if delivery.isClaimed { settle(messages[delivery.message].record, of: session.pointee.number) }
    }

    /// As above, by numbers; `session` is of no account where only one has a claim.
    mutating func settle(_ record: UInt64, of session: UInt64) {
        guard !journal.unsettled.isEmpty, let open = journal.unsettled[record] else {
            journal.delete(record, in: BrokerTable.messages)
            return
        }
        if open > 1 {
            journal.unsettled[record] = open - 1
            journal.put(at: RecordKey.settled(record, session), in: BrokerTable.settled)
        } else {
            journal.unsettled[record] = nil
            journal.delete(record, in: BrokerTable.messages)
            journal.deleteAll(of: record, in: BrokerTable.settled)
        }
    }

    // MARK: - Shared Subscriptions

    /// The message in a slot of its own, on disk under a number of its own: it is the group's, and whoever
    /// acknowledges it settles it. The slot has one use.
    mutating func claimed(_ slot: UInt32, by group: UInt32) -> UInt32 {
        let shared = subscriptions.groups[group]
        return subscriptions.trie.filter(of: shared.node).withUnsafeBytes { claimed(slot, byGroup: shared.shareName.buffer, on: $0) }
    }

    /// As above, by the group's name.
    mutating func claimed(_ slot: UInt32, byGroup name: UnsafeRawBufferPointer, on filter: UnsafeRawBufferPointer) -> UInt32 {
        let own = messages.derive(slot)
        messages[own].record = journal.makeNumber()
        let message = messages[own]
        var head = head(of: message, claimCount: 1)
        head.isShared = true
        var claim = ByteBuffer()
        Claim.appendShared(name: name, filter: filter, to: &claim)
        journal.put(MessageHead.bytes + claim.count + message.size, at: message.record, in: BrokerTable.messages) {
            message.write(head, claims: claim.bytes, to: $0)
        }
        return own
    }

    /// Ends the claim of a Shared Subscription.
    mutating func settleShared(_ delivery: Delivery) {
        if delivery.isClaimed { settle(messages[delivery.message].record, of: 0) }
    }

    // MARK: - Retained Messages, exchanges, what other shards have not confirmed

    mutating func keepRetained(_ slot: UInt32, _ stamp: RetainedStamp) {
        let message = messages[slot]
        let head = head(of: message, claimCount: 0)
        journal.put(RetainedHead.bytes + MessageHead.bytes + message.size, at: stamp.record, in: BrokerTable.retained) {
            RetainedHead(version: stamp.version, publisher: stamp.publisher).write(to: $0)
            message.write(head, claims: UnsafeRawBufferPointer(start: nil, count: 0), to: $0 + RetainedHead.bytes)
        }
    }

    /// The identifier an exchange got although its message was written before.
    mutating func keepExchange(
        _ packetID: UInt16, _ delivery: Delivery, isReleased: Bool, of session: UnsafeMutablePointer<Session>
    ) {
        let record = messages[delivery.message].record
        let identifiers = isReleased ? [] : Array(identifierSets.bytes(of: delivery.subscriptionIdentifiers))
        journal.put(at: RecordKey.exchange(session.pointee.number, packetID), in: BrokerTable.exchanges) {
            ExchangeRecord(message: record, isReleased: isReleased, qos: delivery.qos, retain: delivery.retain, identifiers: identifiers)
                .append(to: &$0)
        }
    }

    mutating func forgetExchange(_ packetID: UInt16, of session: UnsafeMutablePointer<Session>) {
        journal.delete(RecordKey.exchange(session.pointee.number, packetID), in: BrokerTable.exchanges)
    }

    /// Remembers a QoS 2 message until each of `shards` has dealt with it: the publisher will not send it again.
    mutating func keepUnconfirmed(_ slot: UInt32, for shards: PeerSet) -> UInt64 {
        let number = journal.makeNumber()
        let message = messages[slot]
        let head = head(of: message, claimCount: 0)
        for shard in shards {
            journal.put(at: RecordKey.unconfirmed(number, shard: shard), in: BrokerTable.unconfirmed) {
                message.write(
                    head, claims: UnsafeRawBufferPointer(start: nil, count: 0), to: $0.extend(by: MessageHead.bytes + message.size))
            }
        }
        return number
    }

    func head(of message: Message, claimCount: UInt32) -> MessageHead {
        MessageHead(
            qos: message.qos, retain: message.retain, claimCount: claimCount, topicLength: message.topicLength,
            propertiesLength: message.propertiesLength, payloadLength: message.payloadLength,
            expires: journal.keeping.wall(message.expires), arrived: journal.keeping.wall(present))
    }
}

extension Message {
    /// As it lies on disk: head, claims, topic, properties, payload.
    func write(_ head: MessageHead, claims: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) {
        head.write(to: target)
        var place = target + MessageHead.bytes
        if let start = claims.baseAddress { place.copySmall(from: start, byteCount: claims.count) }
        place += claims.count
        place.copySmall(from: topic, byteCount: Int(topicLength))
        place += Int(topicLength)
        place.copySmall(from: properties, byteCount: Int(propertiesLength))
        place += Int(propertiesLength)
        place.copySmall(from: payload, byteCount: Int(payloadLength))
    }
}
