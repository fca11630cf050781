import MQTTCodec
import MQTTSession
import Primitives

/// Serving what waits: first what an earlier connection left unfinished, then the queue, then Shared Subscriptions,
/// then retained messages.
extension BrokerCore {
    /// Messages one session may be sent in one turn, so that no tick is long and others come in between.
    private static var turn: Int { 1_024 }

    /// Serves `slot` at the end of this tick, or in the next.
    mutating func scheduleDrain(_ slot: UInt32) {
        let session = sessions.pointer(to: slot)
        guard session.pointee.isConnected, !session.pointee.isDraining else { return }
        session.pointee.isDraining = true
        draining.append(slot)
    }

    /// Gives every waiting session its turn; from `limit` actions on those that are left come first in the next tick.
    public mutating func drain(at now: Instant, into actions: inout Actions, limit: Int = 65_536) {
        guard !draining.isEmpty else { return }
        let waiting = draining
        draining.removeAll(keepingCapacity: true)
        for (i, slot) in waiting.enumerated() {
            if actions.count >= limit {
                draining.insert(contentsOf: waiting[i...], at: 0)
                break
            }
            guard sessions.isUsed(slot), sessions[slot].isDraining else { continue }
            sessions[slot].isDraining = false
            drain(slot, at: now, into: &actions)
        }
        disconnectDoomed(at: now, into: &actions)
    }

    /// Sends what waits for one session, as far as its quota, its output and its turn allow.
    mutating func drain(_ slot: UInt32, at now: Instant, into actions: inout Actions) {
        let session = sessions.pointer(to: slot)
        guard session.pointee.isConnected else { return }
        defer { if session.pointee.joinedGroups > 0 { tellMemberState(slot) } }
        var budget = Self.turn
        resend(session, &budget, into: &actions)
        guard session.pointee.backlog.isDisjoint(with: [.congested, .resending]) else {
            if budget <= 0 { scheduleDrain(slot) }
            return
        }
        drainQueue(session, &budget, at: now, into: &actions)
        if session.pointee.spilled.count > 0 { loadSpilled(slot) }
        if budget > 0, pendingGroups > 0, session.pointee.queuedCount == 0 { drainGroups(of: slot, &budget, at: now, into: &actions) }
        if budget > 0, session.pointee.queuedCount == 0, session.pointee.firstRetainedCursor != RetainedCursor.none {
            drainRetained(slot, &budget, at: now, into: &actions)
        }
        if budget <= 0 { scheduleDrain(slot) }
    }

    /// Resends, in the original order, what was unacknowledged when the connection was resumed
    /// [MQTT-4.4.0-1] [MQTT-3.3.1-1]. A PUBREL takes no quota.
    private mutating func resend(_ session: UnsafeMutablePointer<Session>, _ budget: inout Int, into actions: inout Actions) {
        guard session.pointee.backlog.contains(.resending) else { return }
        while budget > 0, !session.pointee.toResend.isEmpty {
            let packetID = session.pointee.toResend[0]
            if let exchange = session.pointee.flows.exchange(packetID) {
                switch exchange.state {
                case .awaitingPubcomp:
                    actions.append(
                        .acknowledge(connection: session.pointee.connection, kind: .pubrel, packetID: packetID, reasonCode: .success))
                case .awaitingPuback, .awaitingPubrec:
                    if session.pointee.sendQuota.isExhausted { return }
                    if fits(exchange.delivery, session) {
                        session.pointee.sendQuota.take()
                        session.pointee.flows.resend(packetID)
                        send(exchange.delivery, packetID: packetID, dup: true, to: session, into: &actions)
                    } else {
                        session.pointee.flows.abandon(packetID)
                        settle(exchange.delivery, of: session)
                        if exchange.delivery.hasExchangeRecord { forgetExchange(packetID, of: session) }
                        release(exchange.delivery)
                    }
                case .free, .reserved: break
                }
            }
            _ = session.pointee.toResend.popFirst()
            budget -= 1
        }
        if session.pointee.toResend.isEmpty { session.pointee.backlog.remove(.resending) }
    }

    private mutating func drainQueue(
        _ session: UnsafeMutablePointer<Session>, _ budget: inout Int, at now: Instant, into actions: inout Actions
    ) {
        while budget > 0, !session.pointee.queue.isEmpty {
            let next = session.pointee.queue[0]
            let isExpired = messages[next.message].expires <= now
            if next.qos != .atMostOnce, !isExpired, !session.pointee.mayStartExchange { return }
            guard let delivery = popQueue(session) else { return }
            if isExpired {
                // [MQTT-3.3.2-5]: sending it had not begun.
                dropped(delivery.message, for: session, .expired)
                settle(delivery, of: session)
            } else if !fits(delivery, session) {
                settle(delivery, of: session)
            } else if delivery.isClaimed, delivery.qos != .atMostOnce {
                resumeKeptExchange(delivery, to: session, into: &actions)
            } else if delivery.qos == .atMostOnce {
                send(delivery, packetID: 0, dup: false, to: session, into: &actions)
                settle(delivery, of: session)
            } else {
                startExchange(delivery, to: session, into: &actions)
            }
            release(delivery)
            budget -= 1
        }
    }
}
