import Primitives

/// Whether a client's session may be there when it connects, and whether it has to: as far as the client can know.
struct SessionLifetime {
    /// Seconds that the session surely lasts from `since` on, if any: a CONNECT was acknowledged, and nothing sent after it
    /// shortens its life.
    private var least: UInt32?
    private var since = Instant.zero
    /// Seconds that any session the client may have left behind lasts at most; nil: there is none.
    private var most: UInt32?
    /// When the power failed first, and last, if the client has sent no CONNECT since.
    private var lost: (first: Instant, last: Instant)?

    /// A CONNECT that was not acknowledged may have begun another session in the place of the one the client knows.
    private(set) var mayBeOther = false

    /// Of the last CONNECT: what was known when it was sent.
    private var connect = Connect()

    private struct Connect {
        var isClean = false
        var expiry: UInt32 = 0
        var sent = Instant.zero
        /// Up to when it has to be there.
        var until = Instant.zero
        var mayBe = false
    }

    /// CONNECT is sent.
    mutating func connects(isClean: Bool, expiry: UInt32, at now: Instant) {
        connect = Connect(isClean: isClean, expiry: expiry, sent: now)
        if let least, !isClean { connect.until = least == .max ? .never : since.advanced(bySeconds: least) }
        if let most, !isClean {
            // What ended with the power is over by its own time, with some to spare for a clock that was read before.
            connect.mayBe = most == .max || lost.map { now < $0.last.advanced(bySeconds: most).advanced(bySeconds: 3) } ?? true
        }
        // Nobody knows whether the broker gets it, nor when.
        if isClean || connect.until < now.advanced(bySeconds: 60) { mayBeOther = true }
        least = isClean ? nil : least.map { min($0, expiry) }
        if expiry > 0 { most = max(most ?? 0, expiry) }
        lost = nil
    }

    /// CONNACK has come: what does not hold.
    mutating func connected(isPresent: Bool, at now: Instant) -> String? {
        least = connect.expiry > 0 ? connect.expiry : nil
        most = least
        mayBeOther = false
        since = connect.sent
        // It was on its way when the broker died.
        if let lost { countFrom(lost.first) }
        if isPresent, !connect.mayBe { return "a session that had ended came to life again" }
        if !isPresent, now < connect.until { return "a session was lost" }
        return nil
    }

    /// DISCONNECT is sent, with another Session Expiry Interval.
    mutating func disconnects(_ expiry: UInt32) {
        least = least.map { min($0, expiry) }
        most = most.map { max($0, expiry) }
    }

    /// The broker has died.
    mutating func lostPower(at now: Instant) {
        lost = (lost?.first ?? now, now)
        countFrom(now)
    }

    /// For all that a broker knows its last sign of life was a second before it died.
    private mutating func countFrom(_ death: Instant) { since = min(since, death.advanced(byMilliseconds: -1_000)) }
}
