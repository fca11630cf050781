import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// Retained Messages, and what was queued or under way to a client.
extension BrokerCore {
    mutating func recoverRetained(_ number: UInt64, _ value: UnsafeRawBufferPointer, _ body: SharedBytes?) -> Bool {
        guard let (head, record) = RetainedHead.read(body?.buffer ?? value), !record.payload.isEmpty, head.version > 0,
            head.version < .max / 2
        else { return false }
        let message: UInt32
        if let body {
            message = take(record, 0, sharing: body)
        } else {
            message = messages.borrow(
                topic: record.topic, properties: record.properties, payload: record.payload, qos: record.head.qos,
                retain: record.head.retain, expires: journal.keeping.instant(record.head.expires))
            messages.own(message)
        }
        retain(message, RetainedStamp(version: head.version, publisher: head.publisher, record: number))
        messages.release(message)
        return true
    }

    mutating func recoverSettled(_ key: UnsafeRawBufferPointer) -> Bool {
        guard let (message, session) = RecordKey.pair(key) else { return false }
        recovery?.settled.append((message, session))
        return true
    }

    mutating func recoverExchange(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let (number, packetID) = RecordKey.exchange(key), packetID != 0, let record = ExchangeRecord(value),
            record.message < Self.numbersEnd, record.isReleased || record.qos > .atMostOnce
        else { return false }
        recovery?.saw(record.message)
        guard let session = recovery?.sessions[number] else { return true }
        if !record.isReleased { recovery?.begun[record.message] = number }
        guard session.shard == place.index else { return true }
        if record.isReleased {
            recovery?.open.append(
                Recovery.OpenExchange(
                    session: session.slot, message: record.message, packetID: packetID,
                    delivery: Delivery(message: 0, qos: .exactlyOnce, retain: false), isReleased: true))
        } else {
            recovery?.exchanges[Recovery.ClaimKey(message: record.message, session: number)] = (packetID, record)
        }
        return true
    }

    mutating func recoverMessage(_ number: UInt64, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let record = MessageRecord(value), record.head.qos > .atMostOnce else { return false }
        if record.head.isShared { return recoverShared(number, record, value) }
        let settled = takeSettled(of: number)
        var open: [ClaimView] = []
        var isElsewhere = false
        guard
            record.forEachClaim({ claim in
                guard claim.qos > .atMostOnce, let session = recovery?.sessions[claim.session], !settled.contains(claim.session) else {
                    return
                }
                if session.shard != Int(number & 63) { isElsewhere = true }
                open.append(claim)
            })
        else { return false }
        if open.isEmpty {
            forgetMessage(number, wasShared: !settled.isEmpty)
            return true
        }
        if isElsewhere { forgetMessage(number, wasShared: record.head.claimCount > 1) }
        let own = open.filter { recovery?.sessions[$0.session]?.shard == place.index }
        guard !own.isEmpty else { return true }
        // Its sessions have come to other shards: each writes its own part anew, in the same place of the order, with what it
        // has found of the same message in other rows.
        let earlier = recovery?.atHand.count == number >> 6 ? recovery?.atHand.claims ?? [] : []
        let claims = earlier + own.map(\.claim)
        recovery?.atHand = (number >> 6, claims)
        let (newNumber, claimCount) =
            isElsewhere || !earlier.isEmpty ? rewrite(record, number, claims: claims) : (number, record.head.claimCount)
        if claimCount > 1 { journal.unsettled[newNumber] = UInt32(claims.count) }
        for claim in own { takeUp(claim, of: number, as: newNumber, value) }
        return true
    }

    /// The part of a message that is this shard's, under a number of this shard's; with how many claims it is written.
    private mutating func rewrite(_ record: MessageRecord, _ number: UInt64, claims: [Claim]) -> (UInt64, UInt32) {
        let ownNumber = number & ~63 | UInt64(place.index)
        var head = record.head
        head.claimCount = UInt32(claims.count)
        var bytes = ByteBuffer(capacity: MessageHead.bytes + claims.count * 32 + head.contentBytes)
        head.write(to: bytes.extend(by: MessageHead.bytes))
        for claim in claims { claim.append(to: &bytes) }
        bytes.append(record.topic)
        bytes.append(record.properties)
        bytes.append(record.payload)
        journal.put(at: ownNumber, in: BrokerTable.messages) { $0.append(bytes.bytes) }
        for claim in claims {
            guard case (let packetID, var exchange)? = recovery?.exchanges[Recovery.ClaimKey(message: number, session: claim.session)]
            else { continue }
            exchange.message = ownNumber
            journal.put(at: RecordKey.exchange(claim.session, packetID), in: BrokerTable.exchanges) { exchange.append(to: &$0) }
        }
        return (ownNumber, head.claimCount)
    }

    /// A claim of one of this shard's sessions: under way to its client, or waiting on disk.
    private mutating func takeUp(_ claim: ClaimView, of oldNumber: UInt64, as number: UInt64, _ value: UnsafeRawBufferPointer) {
        guard let slot = recovery?.sessions[claim.session]?.slot else { return }
        let exchange = recovery?.exchanges[Recovery.ClaimKey(message: oldNumber, session: claim.session)]
        let packetID = exchange?.packetID ?? claim.packetID
        guard packetID == 0 else {
            let body = SharedBytes(copying: value)
            defer { body.release() }
            guard let record = MessageRecord(body.buffer) else { return }
            var delivery = Delivery(message: take(record, number, sharing: body), qos: claim.qos, retain: claim.retain)
            delivery.subscriptionIdentifiers = identifierSets.make(encoded: claim.identifiers)
            delivery.isClaimed = true
            delivery.hasExchangeRecord = exchange != nil
            recovery?.open.append(
                Recovery.OpenExchange(session: slot, message: oldNumber, packetID: packetID, delivery: delivery, isReleased: false))
            return
        }
        guard let record = MessageRecord(value) else { return }
        let session = sessions.pointer(to: slot)
        let size = record.head.contentBytes
        session.pointee.spilled.append(Spilled(record: number, size: UInt32(size)))
        session.pointee.queuedBytes += size
        session.pointee.backlog.insert(.queued)
        queued.add(size, isOffline: true)
    }

    /// The sessions that have settled a message; messages come in ascending order.
    mutating func takeSettled(of message: UInt64) -> [UInt64] {
        var sessions: [UInt64] = []
        while let next = recovery?.upcomingSettled, next.message <= message {
            if next.message == message { sessions.append(next.session) }
            recovery?.nextSettled += 1
        }
        return sessions
    }

    mutating func forgetMessage(_ number: UInt64, wasShared: Bool) {
        guard place.index == 0 else { return }
        journal.delete(number, in: BrokerTable.messages)
        if wasShared { journal.deleteAll(of: number, in: BrokerTable.settled) }
    }

    /// A row whose session is gone.
    mutating func forgetOrphan(_ number: UInt64, in table: Table) -> Bool {
        if place.index == 0 { journal.delete(number, in: table) }
        return true
    }
}
