import MQTTCodec
import Primitives

@testable import crashtest

/// A publisher and a subscriber as the model hears them, without a broker.
struct Stage {
    let model = Model()
    let publisher: Session
    let subscriber: Session
    /// Milliseconds.
    private(set) var time: Int64 = 0

    var now: Instant { Instant.zero.advanced(byMilliseconds: time) }
    var violation: String? { model.verdict.violation }

    /// Both are connected, and one is subscribed to `t/#`.
    init(expirySeconds: UInt32 = 3_600) {
        publisher = model.session(named: "publisher", expirySeconds: 3_600)
        subscriber = model.session(named: "subscriber", expirySeconds: expirySeconds)
        connect(publisher, isPresent: false)
        connect(subscriber, isPresent: false)
        let asked = model.subscribes(subscriber, to: "t/#")
        model.subscribed(subscriber, to: "t/#", asked: asked)
    }

    mutating func pass(_ milliseconds: Int64) { time += milliseconds }

    func connect(_ session: Session, isPresent: Bool, will: Publication? = nil) {
        model.connects(session, cleanStart: false, will: will, at: now)
        model.connected(session, isPresent: isPresent, at: now)
    }

    func publish(_ qos: QoS, isAcknowledged: Bool = true) -> Publication {
        let publication = model.publishes(publisher, topic: "t/1", qos: qos)
        if isAcknowledged { model.acknowledged(publication) }
        return publication
    }

    func receive(_ publication: Publication, at qos: QoS? = nil) {
        let packet = PublishPacket(
            topic: UTF8Text(publication.topic), qos: qos ?? publication.qos, packetID: 1, payload: publication.payload)
        model.receives(packet, by: subscriber, at: now)
    }

    /// Kills the broker, which all clients see, and starts it again.
    mutating func kill(downMilliseconds: Int64 = 10) {
        model.killed(at: now)
        for session in model.sessions { model.ended(session, isKilled: true, at: now) }
        pass(downMilliseconds)
        model.started(at: now)
    }

    /// What is found when everything had time to arrive.
    func rest() -> String? {
        model.expectSettled()
        return violation
    }
}
