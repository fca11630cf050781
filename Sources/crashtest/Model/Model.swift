import MQTTCodec
import Primitives
import Simulator

/// What a broker must not lose, double, or mix up, whenever it is killed: it hears what clients send and read.
///
/// A publisher's acknowledgement, a SUBACK, a CONNACK are promises; whatever is not promised may come out either way.
final class Model {
    /// Of a broker that has only just done something nobody has confirmed, a kill may undo it.
    static let grace: Int64 = 500
    /// How late the broker may be, in milliseconds: it shares its processor.
    static let slack: Int64 = 500

    let verdict = Verdict()
    private(set) var sessions: [Session] = []
    private(set) var publications: [String: Publication] = [:]
    private var formerPublications: [String: Publication] = [:]
    private var places: [Publication.Flow: Int] = [:]
    private var moment: Moment = 0
    /// How much has happened.
    var events: Int { moment }
    /// When the page before this one was begun, and this one.
    private var pages: (former: Moment, current: Moment) = (0, 0)
    private var matching: [String: [String: Bool]] = [:]
    var retained = RetainedTopics()
    /// Messages by QoS, and what came a second time.
    private(set) var acknowledged = [0, 0, 0]
    private(set) var received = [0, 0, 0]
    private(set) var duplicates = 0
    private(set) var willsReceived = 0
    var sessionsExpired = 0

    func session(named name: String, expirySeconds: UInt32) -> Session {
        let session = Session(index: sessions.count, name: name, expirySeconds: expirySeconds)
        sessions.append(session)
        return session
    }

    func now() -> Moment {
        moment += 1
        return moment
    }

    // Messages

    func publishes(
        _ publisher: Session, topic: String, qos: QoS, size: Int = 0, retain: Bool = false, clears: Bool = false
    ) -> Publication {
        enter(publisher, topic: topic, qos: qos, size: size, retain: retain, clears: clears, will: nil)
    }

    func enter(
        _ publisher: Session, topic: String, qos: QoS, size: Int, retain: Bool, clears: Bool, will: Will?
    ) -> Publication {
        let flow = Publication.Flow(publisher: publisher.index, topic: topic, qos: qos)
        let place = places[flow, default: 0]
        places[flow] = place + 1
        let publication = Publication(flow, place: place, size: size, retain: retain, clears: clears, will: will, sent: now())
        publications[publication.key] = publication
        if retain { retained.sent(publication) }
        return publication
    }

    /// PUBACK or PUBREC has come: from now on everybody who was subscribed has to get it.
    func acknowledged(_ publication: Publication) {
        guard publication.acknowledged == nil else { return }
        publication.acknowledged = now()
        acknowledged[Int(publication.qos.rawValue)] += 1
        if publication.retain { retained.acknowledged(publication) }
        if !publication.payload.isEmpty { owe(publication) }
    }

    func owe(_ publication: Publication) {
        for session in sessions where session.isKnown && session.received[publication.key] == nil {
            if isCovered(publication, by: session) { session.owed[publication.flow, default: []].append(publication) }
        }
    }

    /// - Parameter isRepeat: it belongs to an exchange of QoS 2 that the client knows
    func receives(_ packet: PublishPacket, by session: Session, isRepeat: Bool = false, at instant: Instant) {
        let now = now()
        let topic = packet.topic.string
        guard let key = Publication.key(in: packet.payload) else {
            if !retained.hasClears(topic) { verdict.violate("\(session.name) got an empty message of \(topic), which nobody sent") }
            return
        }
        let what = "\(session.name) got “\(key)” of \(topic) at QoS \(packet.qos.rawValue)"
        guard let publication = publications[key] ?? formerPublications[key], publication.topic == topic,
            publication.payload == packet.payload, packet.qos <= publication.qos, !packet.retain
        else { return verdict.violate("\(what), which nobody sent") }
        if let will = publication.will { checkWill(will, what, at: instant) }
        let reasons = session.subscriptions.filter {
            matches($0.filter, topic) && ($0.ended ?? .max) > publication.sent && (publication.acknowledged ?? now) > $0.requested
        }
        guard !reasons.isEmpty else { return verdict.violate("\(what), without a subscription for it") }
        if isRepeat {
            duplicates += 1
            return
        }
        let count = session.received[key, default: 0] + 1
        session.received[key] = count
        // What came at QoS 1 may come again, at another QoS if the subscription has changed.
        if publication.qos != .atLeastOnce, packet.qos != .atLeastOnce, !session.receivedOnce.insert(key).inserted {
            verdict.violate("\(what) a second time")
        }
        guard count == 1 else {
            duplicates += 1
            return
        }
        received[Int(packet.qos.rawValue)] += 1
        if publication.will != nil { willsReceived += 1 }
        checkOrder(publication, session, what)
    }

    private func checkOrder(_ publication: Publication, _ session: Session, _ what: String) {
        let flow = publication.flow
        let last = session.last[flow] ?? -1
        if last > publication.place, publication.will == nil, isCovered(publication, by: session) {
            verdict.violate("\(what) after number \(last)")
        }
        session.last[flow] = max(last, publication.place)
        guard let place = session.owed[flow]?.firstIndex(where: { $0 === publication }) else { return }
        session.owed[flow]?.remove(at: place)
        if session.owed[flow]?.isEmpty == true { session.owed[flow] = nil }
        if place > 0, publication.will == nil, let missed = session.owed[flow]?.first {
            verdict.violate("\(what), and not “\(missed.key)” before it, which was acknowledged")
        }
    }

    /// A subscription stood before it was sent, and was wanted until it was acknowledged.
    func isCovered(_ publication: Publication, by session: Session) -> Bool {
        session.subscriptions.contains { subscription in
            guard let granted = subscription.granted, granted < publication.sent, matches(subscription.filter, publication.topic) else {
                return false
            }
            guard let given = subscription.given else { return true }
            return publication.acknowledged.map { $0 < given } ?? false
        }
    }

    func matches(_ filter: String, _ topic: String) -> Bool {
        if let known = matching[filter]?[topic] { return known }
        let result = TopicMatching.matches(filter, topic)
        matching[filter, default: [:]][topic] = result
        return result
    }

    // Rest

    /// Nothing is owed to anybody, and each client has its connection.
    var isSettled: Bool {
        sessions.allSatisfy { !$0.isOwed && ($0.isConnected || $0.expirySeconds == 0) }
    }

    /// What is missing once everything had time to arrive.
    func expectSettled() {
        for session in sessions {
            if !session.isConnected, session.expirySeconds > 0 { verdict.violate("\(session.name) cannot connect") }
            for (_, owed) in session.owed.sorted(by: { $0.value[0].sent < $1.value[0].sent }) {
                verdict.violate(
                    "\(session.name) never got “\(owed[0].key)”\(owed[0].will == nil ? ", which was acknowledged" : ", a Will")")
            }
        }
    }

    /// Forgets what was settled the time before, so that a long run needs no more memory than a short one.
    func turnPage() {
        let kept = Set(sessions.flatMap { [$0.will?.key, $0.formerWill?.key] })
        formerPublications = publications
        publications = publications.filter { kept.contains($0.key) }
        pages = (pages.current, now())
        for session in sessions {
            session.received = session.received.filter { formerPublications[$0.key] != nil }
            session.receivedOnce = session.receivedOnce.filter { formerPublications[$0] != nil }
            session.subscriptions.removeAll { $0.ended.map { $0 < pages.former } ?? false }
        }
    }
}
