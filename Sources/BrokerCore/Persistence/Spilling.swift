import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// Queues that are on disk only: sixteen bytes in memory for a message that waits.
extension BrokerCore {
    /// Messages of one session kept in memory at most, and read at a time.
    private static var window: Int { 1_024 }

    /// Whether the next message for a session that is kept waits on disk only: its client is away, or older ones do.
    func spills(_ session: UnsafeMutablePointer<Session>) -> Bool {
        session.pointee.backlog.contains(.offline) || session.pointee.spilled.count > 0 || session.pointee.queue.count >= Self.window
    }

    /// The client has gone: what waits for it in memory is on disk as well. What came by Shared Subscriptions may go back.
    mutating func spillQueue(_ session: UnsafeMutablePointer<Session>) {
        session.pointee.loading = 0
        var stays: [Delivery] = []
        while session.pointee.queue.count > 0 {
            let delivery = session.pointee.queue[session.pointee.queue.count - 1]
            session.pointee.queue.removeLast()
            if delivery.isClaimed, delivery.group == Delivery.noGroup {
                let message = messages[delivery.message]
                session.pointee.spilled.prepend(Spilled(record: message.record, size: UInt32(message.size)))
                release(delivery)
            } else {
                stays.append(delivery)
            }
        }
        session.pointee.queue.deallocate()
        for delivery in stays.reversed() { session.pointee.queue.append(delivery) }
    }

    /// Takes the oldest message that waits on disk only; its claim passes to the caller.
    mutating func popSpilled(_ session: UnsafeMutablePointer<Session>) -> Spilled? {
        guard let spilled = session.pointee.spilled.popFirst() else { return nil }
        session.pointee.queuedBytes -= Int(spilled.size)
        leftQueue(Int(spilled.size), session)
        return spilled
    }

    /// Asks for the next messages of a session to be read, unless it still has enough.
    mutating func loadSpilled(_ slot: UInt32) {
        let session = sessions.pointer(to: slot)
        guard session.pointee.loading == 0, session.pointee.queue.count <= Self.window / 2 else { return }
        session.pointee.lastLoad = session.pointee.lastLoad == .max ? 1 : session.pointee.lastLoad + 1
        session.pointee.loading = session.pointee.lastLoad
        let count = min(session.pointee.spilled.count, Self.window)
        session.pointee.loadEnd = session.pointee.spilled[count - 1].record
        journal.loads.append(
            LoadRequest(
                session: slot, number: session.pointee.number, load: session.pointee.loading,
                records: (0..<count).map { session.pointee.spilled[$0].record }))
    }

    /// Messages have been read: they wait in memory now, unless the client has been away since it was asked for them.
    mutating func loaded(_ loaded: LoadedMessages, at now: Instant) {
        present = now
        defer { loaded.bytes.release() }
        let slot = loaded.session
        guard sessions.isUsed(slot), sessions[slot].number == loaded.number, sessions[slot].loading == loaded.load else { return }
        let session = sessions.pointer(to: slot)
        session.pointee.loading = 0
        var offset = 0
        while offset < loaded.count {
            let start = loaded.bytes.bytes + offset
            let record = start.loadUnaligned(as: UInt64.self)
            let count = Int(start.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            offset += (12 + count + 7) & ~7
            takeLoaded(record, UnsafeRawBufferPointer(start: start + 12, count: count), loaded.bytes, session)
        }
        if let place = place(of: session.pointee.loadEnd, session) { losePassed(place + 1, session) }
        scheduleDrain(slot)
    }

    /// How many messages wait on disk before this one.
    private func place(of record: UInt64, _ session: UnsafeMutablePointer<Session>) -> Int? {
        let waiting = session.pointee.spilled
        return (0..<min(waiting.count, Self.window)).first { waiting[$0].record == record }
    }

    /// The first messages could not be read: they are lost, and said to be.
    private mutating func losePassed(_ count: Int, _ session: UnsafeMutablePointer<Session>) {
        for _ in 0..<count {
            guard let lost = popSpilled(session) else { return }
            dropped(UnsafeRawBufferPointer(start: nil, count: 0), clientID: session.pointee.clientIDBytes, .unreadable)
            settle(lost.record, of: session.pointee.number)
        }
    }

    /// One message comes from the disk to the end of the queue. Those before it could not be read; those that were dropped
    /// meanwhile are passed over.
    private mutating func takeLoaded(
        _ record: UInt64, _ bytes: UnsafeRawBufferPointer, _ body: SharedBytes, _ session: UnsafeMutablePointer<Session>
    ) {
        guard let place = place(of: record, session) else { return }
        losePassed(place, session)
        guard let stored = MessageRecord(bytes), let delivery = delivery(of: stored, record, body, to: session.pointee.number) else {
            return losePassed(1, session)
        }
        // It goes on waiting, as much as before.
        _ = session.pointee.spilled.popFirst()
        session.pointee.queue.append(delivery)
    }

    /// A session's claim to a message on disk as a delivery whose bytes lie in `body`; nil: it has none.
    mutating func delivery(of stored: MessageRecord, _ record: UInt64, _ body: SharedBytes, to number: UInt64) -> Delivery? {
        var delivery: Delivery?
        var identifiers = UnsafeRawBufferPointer(start: nil, count: 0)
        if stored.head.isShared {
            delivery = Delivery(message: 0, qos: stored.head.qos, retain: false)
        } else {
            _ = stored.forEachClaim { claim in
                guard claim.session == number else { return }
                delivery = Delivery(message: 0, qos: claim.qos, retain: claim.retain)
                identifiers = claim.identifiers
            }
        }
        guard var delivery else { return nil }
        delivery.message = take(stored, record, sharing: body)
        delivery.subscriptionIdentifiers = identifierSets.make(encoded: identifiers)
        delivery.isClaimed = true
        return delivery
    }

    /// A message from disk in a slot with one use; its bytes lie in `body`.
    mutating func take(_ stored: MessageRecord, _ record: UInt64, sharing body: SharedBytes) -> UInt32 {
        body.retain()
        return messages.adopt(
            Message(
                topic: stored.topic.baseAddress ?? body.bytes, payload: stored.payload.baseAddress ?? body.bytes,
                properties: stored.properties.baseAddress ?? body.bytes, payloadLength: stored.head.payloadLength,
                propertiesLength: stored.head.propertiesLength, topicLength: stored.head.topicLength, qos: stored.head.qos,
                retain: stored.head.retain, uses: 1, body: body, expires: journal.keeping.instant(stored.head.expires), record: record))
    }
}
