import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// When a Will is published, and when it is not [MQTT5 §3.1.2.5, §3.1.3.2.2].
extension BrokerCore {
    /// Keeps the Will of an accepted CONNECT [MQTT-3.1.2-7].
    mutating func store(_ will: ConnectPacket.Will, for slot: UInt32) {
        let message = will.topic.bytes.withUnsafeBytes { topic in
            will.payload.withUnsafeBytes { payload in
                var properties = ByteBuffer()
                will.properties.removing(.willDelayInterval, .messageExpiryInterval).encode(into: &properties)
                let message = messages.borrow(
                    topic: topic, properties: properties.bytes, payload: payload, qos: will.qos, retain: will.retain, expires: .never)
                messages.own(message)
                return message
            }
        }
        sessions[slot].will = wills.insert(
            Will(
                session: slot, message: message, delaySeconds: will.properties.willDelayInterval ?? 0,
                messageExpirySeconds: will.properties.messageExpiryInterval))
        keepWill(sessions[slot].will, startedAt: nil)
    }

    /// The connection ended without DISCONNECT 0x00: the Will goes out now, or after its delay. The end of the session,
    /// if that comes first, publishes it too.
    mutating func startWillDelay(_ slot: UInt32, at now: Instant, into actions: inout Actions) {
        let will = sessions[slot].will
        guard will != Will.none else { return }
        if wills[will].delaySeconds == 0 || sessions[slot].expirySeconds == 0 {
            publishWill(will, at: now, into: &actions)
        } else {
            wills[will].timer = timers.arm(TimerToken.make(.will, will), at: now.advanced(bySeconds: wills[will].delaySeconds))
            keepWill(will, startedAt: now)
        }
    }

    mutating func willDelayPassed(_ will: UInt32, at now: Instant, into actions: inout Actions) {
        wills[will].timer = TimerWheel.none
        publishWill(will, at: now, into: &actions)
    }

    /// Publishes a Will and forgets it [MQTT-3.1.2-10]; its Message Expiry Interval counts from now.
    mutating func publishWill(_ will: UInt32, at now: Instant, into actions: inout Actions) {
        let published = wills[will]
        removeWill(will)
        if let seconds = published.messageExpirySeconds { messages[published.message].expires = now.advanced(bySeconds: seconds) }
        _ = accept(published.message, from: Session.none, isAcknowledged: false, at: now, into: &actions)
        messages.release(published.message)
    }

    /// Forgets the Will of a session unpublished: DISCONNECT 0x00 came [MQTT-3.14.4-3], or the client is back before the
    /// delay has passed [MQTT-3.1.3-9].
    mutating func discardWill(of slot: UInt32) {
        let will = sessions[slot].will
        guard will != Will.none else { return }
        let message = wills[will].message
        removeWill(will)
        messages.release(message)
    }

    private mutating func removeWill(_ will: UInt32) {
        if wills[will].timer != TimerWheel.none { timers.cancel(wills[will].timer) }
        if wills[will].session != Session.none { sessions[wills[will].session].will = Will.none }
        if wills[will].record != 0 { journal.delete(wills[will].record, in: BrokerTable.wills) }
        wills.remove(will)
    }
}
