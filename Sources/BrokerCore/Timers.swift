import MQTTSession
import Primitives

/// What a timer of the broker stands for, packed into the wheel's token.
enum TimerToken {
    enum Kind: UInt8 {
        case connection, resend, sessionExpiry, will, retainedExpiry, systemTopics
    }

    static func make(_ kind: Kind, _ slot: UInt32) -> UInt64 { UInt64(kind.rawValue) << 32 | UInt64(slot) }
}

extension BrokerCore {
    /// When `advance` has something to do next.
    public var nextDeadline: Instant? { timers.nextDeadline }

    /// Does what is due at `now`, never before its instant; at most `limit` timers at a time, so that no tick is long.
    public mutating func advance(to now: Instant, into actions: inout Actions, limit: Int = 10_000) {
        present = now
        // One at a time: what one timer sets going may cancel another that is due at the same moment.
        for _ in 0..<limit {
            guard let token = nextDue(at: now) else { return }
            guard let kind = TimerToken.Kind(rawValue: UInt8(truncatingIfNeeded: token >> 32)) else { continue }
            let slot = UInt32(truncatingIfNeeded: token)
            switch kind {
            case .connection: connectionTimerFired(slot, at: now, into: &actions)
            case .resend: resendTimerFired(slot, at: now, into: &actions)
            case .sessionExpiry: sessionExpired(slot, at: now, into: &actions)
            case .will: willDelayPassed(slot, at: now, into: &actions)
            case .retainedExpiry: retainedExpired(slot)
            case .systemTopics: systemTopicsDue(at: now, into: &actions)
            }
            disconnectDoomed(at: now, into: &actions)
        }
    }

    private mutating func nextDue(at now: Instant) -> UInt64? {
        var due: UInt64?
        timers.advance(to: now, limit: 1) { due = $0 }
        return due
    }
}
