import MQTTCodec
import Primitives

/// Which Wills have to come, and which must not [MQTT5 §3.1.2.5].
extension Model {
    /// A CONNECT brings it.
    func offers(_ session: Session, topic: String, qos: QoS, delaySeconds: UInt32) -> Publication {
        enter(session, topic: topic, qos: qos, size: 0, retain: false, clears: false, will: Will(delaySeconds: delaySeconds))
    }

    func checkWill(_ will: Will, _ what: String, at instant: Instant) {
        switch will.state {
        case .kept: verdict.violate("\(what), a Will whose connection stands")
        case .discarded: verdict.violate("\(what), a Will that had been discarded")
        case .delayed:
            let owner = sessions.first { $0.will?.will === will || $0.formerWill?.will === will }
            if let ending = owner?.ending, instant < ending.earliest.advanced(byMilliseconds: Int64(will.delaySeconds) * 1_000 - Self.slack)
            {
                verdict.violate("\(what), a Will whose delay has not passed")
            }
        case .offered, .due, .either: break
        }
    }

    func isDue(_ publication: Publication) {
        publication.will?.state = .due
        owe(publication)
    }

    /// The client is back: a Will that waited is now published, discarded, or was on the edge.
    func decide(_ former: Publication, _ session: Session, _ attempt: Session.Attempt, isPresent: Bool, at instant: Instant) {
        guard let will = former.will, will.state == .delayed, let ending = session.ending else { return }
        let delay = Int64(will.delaySeconds) * 1_000
        if instant < ending.earliest.advanced(byMilliseconds: delay - Self.slack), isPresent {
            will.state = .discarded
        } else if attempt.at > ending.latest.advanced(byMilliseconds: delay + Self.slack) || !isPresent {
            isDue(former)
        } else {
            will.state = .either
        }
    }
}
