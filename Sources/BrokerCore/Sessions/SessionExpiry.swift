import MQTTCodec
import MQTTSession
import Primitives

/// How long a Session outlives its connection, and its end [MQTT5 §4.1].
extension BrokerCore {
    /// The connection has gone: the session ends now, later, or never [MQTT-3.1.2-23] [MQTT-4.1.0-2].
    mutating func startExpiry(_ slot: UInt32, at now: Instant, into actions: inout Actions) {
        let session = sessions.pointer(to: slot)
        switch session.pointee.expirySeconds {
        case 0: endSession(slot, at: now, into: &actions)
        case .max: break
        default:
            session.pointee.expiryTimer = timers.arm(
                TimerToken.make(.sessionExpiry, slot), at: now.advanced(bySeconds: session.pointee.expirySeconds))
        }
    }

    mutating func cancelExpiry(_ slot: UInt32) {
        guard sessions[slot].expiryTimer != TimerWheel.none else { return }
        timers.cancel(sessions[slot].expiryTimer)
        sessions[slot].expiryTimer = TimerWheel.none
    }

    mutating func sessionExpired(_ slot: UInt32, at now: Instant, into actions: inout Actions) {
        sessions[slot].expiryTimer = TimerWheel.none
        counters.sessionsExpired += 1
        notices.append(.sessionExpired(clientID: Array(sessions[slot].clientIDBytes)))
        endSession(slot, at: now, into: &actions)
    }

    /// Discards a session that has no connection, with everything it holds; a Will that was delayed is published now
    /// [MQTT-3.1.2-8].
    mutating func endSession(_ slot: UInt32, at now: Instant, into actions: inout Actions) {
        cancelExpiry(slot)
        if sessions[slot].will != Will.none { publishWill(sessions[slot].will, at: now, into: &actions) }
        takeBackShared(from: slot, at: now, into: &actions)
        giveBackAll(from: slot)
        forgetAcknowledgements(of: slot, sessionEnds: true)
        let session = sessions.pointer(to: slot)
        while let delivery = popQueue(session) {
            if delivery.qos != .atMostOnce { counters.dropped[.sessionEnded] += 1 }
            settle(delivery, of: session)
            release(delivery)
        }
        while let spilled = popSpilled(session) {
            counters.dropped[.sessionEnded] += 1
            settle(spilled.record, of: session.pointee.number)
        }
        for packetID in session.pointee.flows.inOrder() {
            guard let exchange = session.pointee.flows.exchange(packetID) else { continue }
            session.pointee.flows.abandon(packetID)
            guard exchange.state != .awaitingPubcomp else { continue }
            settle(exchange.delivery, of: session)
            release(exchange.delivery)
        }
        // Now that there are no exchanges, none is searched for those of each Shared Subscription that is left.
        removeAllSubscriptions(of: slot)
        forgetSession(slot)
        registry.remove(slot, in: sessions)
        session.pointee.deallocate()
        sessions.remove(slot)
        place.common.sessions.give(1)
    }
}
