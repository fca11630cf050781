import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// What a shard has to know while it is told what lies on disk; gone when it has taken up its part.
struct Recovery {
    /// How sessions were placed when the store was last in use.
    let placement: PlacementRecord
    /// When the broker was last alive, in nanoseconds since 1970: that is when sessions that had a connection lost it.
    let aliveAt: Int64

    /// Every session of the broker, by its number: whose it is now, and its slot, if it is this shard's.
    var sessions: [UInt64: (shard: Int, slot: UInt32)] = [:]
    /// Claims that are settled, by message, in the order of the messages.
    var settled: [(message: UInt64, session: UInt64)] = []
    var nextSettled = 0
    /// Identifiers told apart from the messages, of this shard's sessions.
    var exchanges: [ClaimKey: (packetID: UInt16, record: ExchangeRecord)] = [:]
    /// Messages of Shared Subscriptions that some session has begun to be sent at QoS 2.
    var begun: Set<UInt64> = []
    /// Exchanges of this shard's sessions, to be taken up in the order in which they were begun.
    var open: [OpenExchange] = []
    var wills: [(record: UInt64, head: WillHead, message: UInt32)] = []
    var unconfirmed: [(shard: Int, message: UInt32)] = []
    /// Shared Subscriptions of this shard's with members on any, by share name and filter: who has not joined again may be one.
    var groups: [[UInt8]: (name: [UInt8], filter: [UInt8])] = [:]
    /// Of the message at hand, which after more than one change of the number of shards may lie in several rows.
    var atHand: (count: UInt64, claims: [Claim]) = (0, [])
    var highestNumber: UInt64 = 0
    /// Rows that say nothing.
    var unreadable = 0

    /// The first settled claim that no message has been compared with.
    var upcomingSettled: (message: UInt64, session: UInt64)? { nextSettled < settled.count ? settled[nextSettled] : nil }

    mutating func saw(_ number: UInt64) { highestNumber = max(highestNumber, number) }

    struct ClaimKey: Hashable {
        var message: UInt64
        var session: UInt64
    }

    struct OpenExchange {
        var session: UInt32
        var message: UInt64
        var packetID: UInt16
        var delivery: Delivery
        var isReleased: Bool
    }
}

/// The start of a shard on a store that was in use: every shard is told every row, table by table in the order of
/// `recoveredTables`, and takes up what is its own.
///
/// What it changes on the way belongs into one transaction with what the other shards change.
extension BrokerCore {
    /// The order in which rows are told.
    public static var recoveredTables: [Table] {
        [
            BrokerTable.sessions, BrokerTable.subscriptions, BrokerTable.retained, BrokerTable.settled, BrokerTable.exchanges,
            BrokerTable.received, BrokerTable.messages, BrokerTable.wills, BrokerTable.unconfirmed,
        ]
    }

    /// Begins.
    ///
    /// - Parameters:
    ///   - placement: that of the last run; nil: the store is new
    ///   - aliveAt: when that run was last seen alive, in nanoseconds since 1970
    public mutating func beginRecovery(_ placement: PlacementRecord?, aliveAt: Int64, at now: Instant) {
        present = now
        recovery = Recovery(
            placement: placement ?? PlacementRecord(hashSeed: place.hashSeed, shards: UInt16(place.count)), aliveAt: aliveAt)
    }

    /// One row. `body`: the value once more, where it is to be shared with the other shards; it keeps its user.
    public mutating func recover(
        _ table: Table, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, sharing body: SharedBytes? = nil
    ) {
        let isRead: Bool
        switch table {
        case BrokerTable.settled: isRead = recoverSettled(key)
        case BrokerTable.exchanges: isRead = recoverExchange(key, value)
        case BrokerTable.received: isRead = recoverReceived(key)
        case BrokerTable.unconfirmed: isRead = recoverUnconfirmed(key, value)
        default:
            guard key.count == 8 else { return noteUnreadable() }
            let number = UInt64(bigEndian: key.loadUnaligned(as: UInt64.self))
            guard number > 0, number < Self.numbersEnd else { return noteUnreadable() }
            recovery?.saw(number)
            switch table {
            case BrokerTable.sessions: isRead = recoverSession(number, value)
            case BrokerTable.subscriptions: isRead = recoverSubscription(number, value)
            case BrokerTable.retained: isRead = recoverRetained(number, value, body)
            case BrokerTable.messages: isRead = recoverMessage(number, value)
            case BrokerTable.wills: isRead = recoverWill(number, value)
            default: isRead = true
            }
        }
        if !isRead { noteUnreadable() }
    }

    /// Takes up exchanges, Wills and what other shards had not dealt with. What it changes has to be durable, in one
    /// transaction with the changes of the other shards in the order of their numbers, before any of them goes on; and how
    /// many rows could not be read.
    public mutating func endRecovery(at now: Instant) -> (changes: WriteBatch, unreadable: Int) {
        guard let recovered = recovery.take() else { return (WriteBatch(), 0) }
        // Nobody is connected, so there is nothing to do for anybody.
        var actions = Actions()
        present = now
        place.common.records.raise(to: Int(recovered.highestNumber >> 6))
        for exchange in recovered.open.sorted(by: { $0.message < $1.message }) {
            let flows = sessions.pointer(to: exchange.session).pointer(to: \.flows).unsafelyUnwrapped
            guard flows.pointee.exchange(exchange.packetID) == nil else {
                // Two for one identifier cannot be: the later one is what the client last saw.
                let session = sessions.pointer(to: exchange.session)
                if let earlier = flows.pointee.exchange(exchange.packetID), earlier.state != .awaitingPubcomp {
                    settle(earlier.delivery, of: session)
                    release(earlier.delivery)
                }
                flows.pointee.abandon(exchange.packetID)
                flows.pointee.restore(exchange.delivery, packetID: exchange.packetID, isReleased: exchange.isReleased)
                continue
            }
            flows.pointee.restore(exchange.delivery, packetID: exchange.packetID, isReleased: exchange.isReleased)
        }
        for (record, head, message) in recovered.wills { restoreWill(record, head, message, recovered) }
        for (shard, message) in recovered.unconfirmed {
            routeUnconfirmed(message, missedBy: shard, recovered, at: now, into: &actions)
            messages.release(message)
        }
        if place.index == 0 {
            journal.put(at: PlacementRecord.key, in: BrokerTable.meta) {
                PlacementRecord(hashSeed: place.hashSeed, shards: UInt16(place.count)).append(to: &$0)
            }
        }
        let changes = journal.takeBatch() ?? WriteBatch()
        journal.wasCommitted(journal.given)
        return (changes, place.index == 0 ? recovered.unreadable : 0)
    }

    /// No number of a record is as high; what says so is damaged.
    private static var numbersEnd: UInt64 { 1 << 62 }

    private mutating func noteUnreadable() { recovery?.unreadable += 1 }

    // MARK: - Sessions

    private mutating func recoverSession(_ number: UInt64, _ value: UnsafeRawBufferPointer) -> Bool {
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

    private mutating func recoverSubscription(_ number: UInt64, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let record = SubscriptionRecord(value), record.identifier <= VariableByteInteger.maximum,
            let filter = TopicFilter(UTF8Text(unchecked: record.filter))
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

    private mutating func recoverReceived(_ key: UnsafeRawBufferPointer) -> Bool {
        guard let (number, packetID) = RecordKey.exchange(key), packetID != 0 else { return false }
        guard let session = recovery?.sessions[number], session.shard == place.index else { return true }
        if !sessions[session.slot].inbound.contains(packetID) { sessions[session.slot].inbound.insert(packetID) }
        return true
    }

    // MARK: - Messages

    private mutating func recoverRetained(_ number: UInt64, _ value: UnsafeRawBufferPointer, _ body: SharedBytes?) -> Bool {
        guard let (head, record) = RetainedHead.read(body?.buffer ?? value), !record.payload.isEmpty, !record.topic.isEmpty,
            head.version > 0, head.version < .max / 2
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

    private mutating func recoverSettled(_ key: UnsafeRawBufferPointer) -> Bool {
        guard let (message, session) = RecordKey.pair(key) else { return false }
        recovery?.settled.append((message, session))
        return true
    }

    private mutating func recoverExchange(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let (number, packetID) = RecordKey.exchange(key), packetID != 0, let record = ExchangeRecord(value),
            record.message < Self.numbersEnd, record.isReleased || record.qos > .atMostOnce
        else { return false }
        recovery?.saw(record.message)
        if !record.isReleased { recovery?.begun.insert(record.message) }
        guard let session = recovery?.sessions[number], session.shard == place.index else { return true }
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

    private mutating func recoverMessage(_ number: UInt64, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let record = MessageRecord(value), !record.topic.isEmpty, record.head.qos > .atMostOnce else { return false }
        if record.head.isShared { return recoverShared(number, record, value) }
        let settled = takeSettled(of: number)
        var open: [ClaimView] = []
        var isElsewhere = false
        guard
            record.forEachClaim({ claim in
                guard claim.qos > .atMostOnce, let session = recovery?.sessions[claim.session], !settled.contains(claim.session) else { return }
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
    private mutating func takeSettled(of message: UInt64) -> [UInt64] {
        var sessions: [UInt64] = []
        while let next = recovery?.upcomingSettled, next.message <= message {
            if next.message == message { sessions.append(next.session) }
            recovery?.nextSettled += 1
        }
        return sessions
    }

    private mutating func forgetMessage(_ number: UInt64, wasShared: Bool) {
        guard place.index == 0 else { return }
        journal.delete(number, in: BrokerTable.messages)
        if wasShared { journal.deleteAll(of: number, in: BrokerTable.settled) }
    }

    /// A row whose session is gone.
    private mutating func forgetOrphan(_ number: UInt64, in table: Table) -> Bool {
        if place.index == 0 { journal.delete(number, in: table) }
        return true
    }

    // MARK: - Shared Subscriptions

    /// A message of a Shared Subscription: with the session that has begun it at QoS 2, or for the group.
    private mutating func recoverShared(_ number: UInt64, _ record: MessageRecord, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let (name, filter) = record.sharedClaim else { return false }
        let body = SharedBytes(copying: value)
        defer { body.release() }
        guard let stored = MessageRecord(body.buffer) else { return false }
        if recovery?.begun.contains(number) == true {
            let exchange = recovery?.exchanges.first { $0.key.message == number }
            guard let exchange, let slot = recovery?.sessions[exchange.key.session]?.slot else { return true }
            var delivery = Delivery(
                message: take(stored, number, sharing: body), qos: exchange.value.record.qos, retain: exchange.value.record.retain)
            delivery.subscriptionIdentifiers = exchange.value.record.identifiers.withUnsafeBytes { identifierSets.make(encoded: $0) }
            delivery.isClaimed = true
            delivery.hasExchangeRecord = true
            recovery?.open.append(
                Recovery.OpenExchange(
                    session: slot, message: number, packetID: exchange.value.packetID, delivery: delivery, isReleased: false))
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
    private static func groupName(_ name: UnsafeRawBufferPointer, _ filter: UnsafeRawBufferPointer) -> [UInt8] {
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

    // MARK: - Wills, and what was on its way between shards

    private mutating func recoverWill(_ number: UInt64, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let (head, _) = WillHead.read(value) else { return false }
        let owner = recovery?.sessions[head.session]?.shard ?? Int(number & 63) % place.count
        guard owner == place.index else { return true }
        let body = SharedBytes(copying: value)
        defer { body.release() }
        guard let (_, record) = WillHead.read(body.buffer), !record.topic.isEmpty else { return false }
        let message = take(record, 0, sharing: body)
        recovery?.wills.append((number, head, message))
        return true
    }

    /// Its connection ended when the broker did, if not before: the rest of its delay counts. What is due is so with the
    /// first tick, as sessions are that have expired.
    private mutating func restoreWill(_ record: UInt64, _ head: WillHead, _ message: UInt32, _ recovered: Recovery) {
        let slot = recovered.sessions[head.session]?.slot ?? Session.none
        var will = Will(
            session: slot, message: message, delaySeconds: head.delaySeconds, messageExpirySeconds: head.messageExpirySeconds)
        will.record = record
        let endedAt = journal.keeping.instant(head.startedAt == 0 ? recovered.aliveAt : head.startedAt)
        let added = wills.insert(will)
        let due = slot == Session.none ? endedAt : endedAt.advanced(bySeconds: head.delaySeconds)
        wills[added].timer = timers.arm(TimerToken.make(.will, added), at: due)
        if slot != Session.none {
            sessions[slot].will = added
            if head.startedAt == 0 { keepWill(added, startedAt: endedAt) }
        }
    }

    private mutating func recoverUnconfirmed(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let (number, shard) = RecordKey.unconfirmed(key), number < Self.numbersEnd, shard < ShardPlace.maximumCount else {
            return false
        }
        recovery?.saw(number)
        if place.index == 0 { journal.delete(Array(key), in: BrokerTable.unconfirmed) }
        let body = SharedBytes(copying: value)
        defer { body.release() }
        guard let record = MessageRecord(body.buffer), !record.topic.isEmpty else { return false }
        let message = take(record, 0, sharing: body)
        recovery?.unconfirmed.append((shard, message))
        return true
    }

    /// Brings a message to those whose shard, as it was, had not dealt with it.
    private mutating func routeUnconfirmed(
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

    /// Remembers a Shared Subscription that this shard owns.
    private mutating func noteGroup(of filter: TopicFilter) {
        guard place.count > 1, let share = filter.shareName else { return }
        share.bytes.withUnsafeBytes { name in
            filter.filter.bytes.withUnsafeBytes { filter in
                guard shard(ofGroup: name, on: filter) == place.index else { return }
                recovery?.groups[Self.groupName(name, filter)] = (Array(name), Array(filter))
            }
        }
    }

    private func isJoined(_ name: UnsafeRawBufferPointer, _ filter: UnsafeRawBufferPointer) -> Bool {
        guard let node = subscriptions.trie.find(filter) else { return false }
        return subscriptions.findGroup(named: name, at: node) != nil
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
