import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// Wills: of connections that ended with the broker, and delayed ones.
extension BrokerCore {
    mutating func recoverWill(_ number: UInt64, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let (head, _) = WillHead.read(value) else { return false }
        let owner = recovery?.sessions[head.session]?.shard ?? Int(number & 63) % place.count
        guard owner == place.index else { return true }
        let body = SharedBytes(copying: value)
        defer { body.release() }
        guard let (_, record) = WillHead.read(body.buffer) else { return false }
        let message = take(record, 0, sharing: body)
        recovery?.wills.append((number, head, message))
        return true
    }

    /// Its connection ended when the broker did, if not before: the rest of its delay counts. What is due is so with the
    /// first tick, as sessions are that have expired.
    mutating func restoreWill(_ record: UInt64, _ head: WillHead, _ message: UInt32, _ recovered: Recovery) {
        let slot = recovered.sessions[head.session]?.slot ?? Session.none
        var will = Will(
            session: slot, message: message, delaySeconds: head.delaySeconds, messageExpirySeconds: head.messageExpirySeconds)
        will.record = record
        let endedAt = journal.keeping.instant(head.startedAt == 0 ? recovered.aliveAt : head.startedAt)
        let added = wills.insert(will)
        let due = slot == Session.none ? endedAt : endedAt.advanced(bySeconds: head.delaySeconds)
        wills[added].timer = timers.arm(TimerToken.make(.will, added), at: due)
        if slot != Session.none {
            // A session has one Will; of two in a damaged store the later one is it.
            discardWill(of: slot)
            sessions[slot].will = added
            if head.startedAt == 0 { keepWill(added, startedAt: endedAt) }
        }
    }
}
