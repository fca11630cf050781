import BrokerRecords
import MQTTSession
import Primitives

/// Sessions on disk, with their subscriptions and Wills: those that outlive their connection.
extension BrokerCore {
    /// Begins to keep a session that is to outlive its connection. It stays kept, or not, until it ends.
    mutating func beginKeeping(_ slot: UInt32) {
        guard journal.isOn, sessions[slot].expirySeconds > 0 else { return }
        sessions[slot].number = journal.makeNumber()
    }

    /// Writes what a session is: since when it has had no connection, nil while it has one.
    mutating func keepSession(_ slot: UInt32, disconnectedAt: Instant?) {
        let session = sessions[slot]
        guard session.number != 0 else { return }
        let record = SessionRecord(
            expirySeconds: session.expirySeconds, disconnectedAt: disconnectedAt.map { max(1, journal.keeping.wall($0)) } ?? 0,
            clientID: Array(session.clientIDBytes))
        journal.put(at: session.number, in: BrokerTable.sessions) { record.append(to: &$0) }
    }

    /// Forgets a session that ends; its claims and subscriptions are settled one by one.
    mutating func forgetSession(_ slot: UInt32) {
        let number = sessions[slot].number
        guard number != 0 else { return }
        journal.delete(number, in: BrokerTable.sessions)
        journal.deleteAll(of: number, in: BrokerTable.exchanges)
        journal.deleteAll(of: number, in: BrokerTable.received)
    }

    /// Writes a subscription, new or changed, of a session that is kept; `filter` is what the client wrote.
    mutating func keepSubscription(_ slot: UInt32, filter: [UInt8]) {
        let subscription = subscriptions.pointer(to: slot)
        let session = sessions[subscription.pointee.session].number
        guard session != 0 else { return }
        if subscription.pointee.record == 0 { subscription.pointee.record = journal.makeNumber() }
        let record = SubscriptionRecord(
            session: session, identifier: subscription.pointee.identifier, maximumQoS: subscription.pointee.maximumQoS,
            noLocal: subscription.pointee.noLocal, retainAsPublished: subscription.pointee.retainAsPublished, filter: filter)
        journal.put(at: subscription.pointee.record, in: BrokerTable.subscriptions) { record.append(to: &$0) }
    }

    /// Writes a Will, also that of a session that is not kept: who comes back after a crash publishes it
    /// [MQTT5 §3.1.2.5]. `startedAt`: when its delay began.
    mutating func keepWill(_ slot: UInt32, startedAt: Instant?) {
        guard journal.isOn else { return }
        if wills[slot].record == 0 { wills[slot].record = journal.makeNumber() }
        let will = wills[slot]
        let message = messages[will.message]
        let head = head(of: message, claimCount: 0)
        let willHead = WillHead(
            session: sessions[will.session].number, startedAt: startedAt.map { max(1, journal.keeping.wall($0)) } ?? 0,
            delaySeconds: will.delaySeconds, messageExpirySeconds: will.messageExpirySeconds)
        journal.put(WillHead.bytes + MessageHead.bytes + message.size, at: will.record, in: BrokerTable.wills) {
            willHead.write(to: $0)
            message.write(head, claims: UnsafeRawBufferPointer(start: nil, count: 0), to: $0 + WillHead.bytes)
        }
    }

    // MARK: - QoS 2 from the client

    mutating func keepReceived(_ packetID: UInt16, of session: UnsafeMutablePointer<Session>) {
        guard session.pointee.number != 0 else { return }
        journal.put(at: RecordKey.exchange(session.pointee.number, packetID), in: BrokerTable.received)
    }

    mutating func forgetReceived(_ packetID: UInt16, of session: UnsafeMutablePointer<Session>) {
        guard session.pointee.number != 0 else { return }
        journal.delete(RecordKey.exchange(session.pointee.number, packetID), in: BrokerTable.received)
    }
}
