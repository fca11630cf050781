import Primitives

/// How long sessions last: from the end of their connection, as early and as late as the broker may have seen it.
extension Model {
    /// CONNECT is sent.
    func connects(_ session: Session, cleanStart: Bool, will: Publication?, at instant: Instant) {
        session.attempt = Session.Attempt(at: instant, cleanStart: cleanStart)
        if let last = session.will { session.formerWill = last }
        session.will = will
    }

    /// CONNACK has come.
    func connected(_ session: Session, isPresent: Bool, at instant: Instant) {
        guard let attempt = session.attempt else { return verdict.violate("\(session.name) got a second CONNACK") }
        let expiry = Int64(session.expirySeconds) * 1_000
        if isPresent {
            if attempt.cleanStart { verdict.violate("\(session.name) is told of a session though it starts clean") }
            if !session.isKnown, !session.isUncertain { verdict.violate("\(session.name) is told of a session that cannot be") }
            if let ending = session.ending, !session.isUncertain, ending.latest < .never,
                attempt.at > ending.latest.advanced(byMilliseconds: expiry + Self.slack)
            {
                verdict.violate("the session of \(session.name) is back after its expiry of \(session.expirySeconds) s")
            }
        } else {
            if session.isKnown, !attempt.cleanStart {
                if let ending = session.ending, instant < ending.earliest.advanced(byMilliseconds: expiry - Self.slack) {
                    verdict.violate("the session of \(session.name) is lost")
                }
                sessionsExpired += 1
            }
            session.forget()
        }
        if let former = session.formerWill { decide(former, session, attempt, isPresent: isPresent, at: instant) }
        session.formerWill = nil
        if session.will?.will?.state == .offered { session.will?.will?.state = .kept }
        session.isKnown = session.expirySeconds > 0
        session.isUncertain = false
        session.isConnected = true
        session.attempt = nil
        session.ending = nil
    }

    /// The connection has ended, or is left to its end.
    ///
    /// - Parameters:
    ///   - isDismissed: DISCONNECT 0x00 was sent on it
    ///   - isKilled: the broker has ended, too
    func ended(_ session: Session, isDismissed: Bool = false, isKilled: Bool = false, at instant: Instant) {
        let latest = isKilled ? Instant.never : instant
        if session.isConnected {
            session.ending = Session.Ending(earliest: instant, latest: latest)
        } else if session.attempt != nil {
            endAttempt(session, latest: latest, at: instant)
        } else {
            return
        }
        session.isConnected = false
        session.attempt = nil
        guard let publication = session.will, let will = publication.will else { return }
        switch will.state {
        case .offered: will.state = .either
        case .kept where isDismissed:
            will.state = .discarded
            will.dismissed = instant
        case .kept where will.delaySeconds == 0 || session.expirySeconds == 0: isDue(publication)
        case .kept: will.state = .delayed
        default: break
        }
    }

    /// It may or may not have reached the broker: a session that has surely lasted goes on, of another nothing is known.
    private func endAttempt(_ session: Session, latest: Instant, at instant: Instant) {
        if let former = session.formerWill?.will {
            if former.state == .delayed { former.state = .either }
            session.formerWill = nil
        }
        let surelyLasts = Int64(session.expirySeconds) * 1_000 - Self.slack
        if session.isKnown, let ending = session.ending, instant < ending.earliest.advanced(byMilliseconds: surelyLasts) {
            session.ending = Session.Ending(earliest: ending.earliest, latest: latest)
        } else {
            session.isUncertain = true
        }
    }

    /// The broker has closed the connection that was left with DISCONNECT.
    func closed(_ session: Session, at instant: Instant) {
        if let ending = session.ending, ending.latest < .never { session.ending?.latest = instant }
    }

    // The broker

    /// Before the clients hear of it.
    func killed(at instant: Instant) {
        for session in sessions {
            if let ending = session.ending, instant < ending.earliest.advanced(byMilliseconds: Self.grace) {
                session.ending?.latest = .never
            }
            for will in [session.will?.will, session.formerWill?.will] {
                if let dismissed = will?.dismissed, instant < dismissed.advanced(byMilliseconds: Self.grace) { will?.state = .either }
            }
        }
    }

    /// It listens again.
    func started(at instant: Instant) {
        for session in sessions where session.ending?.latest == .never { session.ending?.latest = instant }
    }
}
