import MQTTCodec
import Testing

@testable import crashtest

@Suite("The model of the crash test complains of messages")
struct ModelTests {
    @Test("Nothing is wrong with what arrives once, in order, after a kill", arguments: [QoS.atLeastOnce, .exactlyOnce])
    func held(qos: QoS) {
        var stage = Stage()
        let first = stage.publish(qos)
        let second = stage.publish(qos)
        stage.receive(first)
        stage.kill()
        stage.connect(stage.publisher, isPresent: true)
        stage.connect(stage.subscriber, isPresent: true)
        stage.receive(second)
        #expect(stage.rest() == nil)
        #expect(stage.model.acknowledged[Int(qos.rawValue)] == 2)
    }

    @Test("One that was acknowledged and never came", arguments: [QoS.atLeastOnce, .exactlyOnce])
    func lost(qos: QoS) {
        let stage = Stage()
        _ = stage.publish(qos)
        #expect(stage.rest() == "subscriber never got “0 t/1 \(qos.rawValue) 0”, which was acknowledged")
    }

    @Test("One that was not acknowledged may be lost, one whose subscription was given up before, too")
    func notPromised() {
        let stage = Stage()
        _ = stage.publish(.atLeastOnce, isAcknowledged: false)
        let late = stage.publish(.exactlyOnce, isAcknowledged: false)
        _ = stage.model.unsubscribes(stage.subscriber, from: "t/#")
        stage.model.acknowledged(late)
        #expect(stage.rest() == nil)
    }

    @Test("One that is passed over is missed at once")
    func passedOver() {
        let stage = Stage()
        _ = stage.publish(.atLeastOnce)
        stage.receive(stage.publish(.atLeastOnce))
        #expect(stage.violation?.contains("and not “0 t/1 1 0” before it") == true)
    }

    @Test("One that comes after its successor")
    func reordered() {
        let stage = Stage()
        let first = stage.publish(.atLeastOnce, isAcknowledged: false)
        stage.receive(stage.publish(.atLeastOnce, isAcknowledged: false))
        #expect(stage.violation == nil)
        stage.receive(first)
        #expect(stage.violation?.hasSuffix("after number 1") == true)
    }

    @Test("One of QoS 2 that comes twice; at QoS 1 it may")
    func twice() {
        let stage = Stage()
        let publication = stage.publish(.exactlyOnce)
        stage.receive(publication, at: .atLeastOnce)
        stage.receive(publication, at: .atLeastOnce)
        #expect(stage.violation == nil)
        #expect(stage.model.duplicates == 1)
        stage.receive(publication)
        #expect(stage.violation == nil)
        stage.receive(publication)
        #expect(stage.violation?.hasSuffix("a second time") == true)
    }

    @Test("One that nobody sent, or in another form")
    func unknown() {
        let stage = Stage()
        let publication = stage.publish(.exactlyOnce)
        var packet = PublishPacket(topic: UTF8Text("t/2"), qos: .exactlyOnce, packetID: 1, payload: publication.payload)
        stage.model.receives(packet, by: stage.subscriber, at: stage.now)
        #expect(stage.violation?.hasSuffix("which nobody sent") == true)
        let other = Stage()
        let changed = other.publish(.exactlyOnce)
        packet = PublishPacket(topic: UTF8Text("t/1"), qos: .exactlyOnce, packetID: 1, payload: changed.payload + [0])
        other.model.receives(packet, by: other.subscriber, at: other.now)
        #expect(other.violation?.hasSuffix("which nobody sent") == true)
    }

    @Test("One sent after UNSUBACK, and one acknowledged before SUBSCRIBE")
    func withoutSubscription() {
        let stage = Stage()
        let asked = stage.model.unsubscribes(stage.subscriber, from: "t/#")
        stage.model.unsubscribed(stage.subscriber, from: "t/#", asked: asked)
        let between = stage.publish(.atLeastOnce)
        _ = stage.model.subscribes(stage.subscriber, to: "t/1")
        stage.receive(between)
        #expect(stage.violation?.hasSuffix("without a subscription for it") == true)
    }

    @Test("Who unsubscribes and subscribes again before it is answered is subscribed")
    func crossing() {
        let stage = Stage()
        let left = stage.model.unsubscribes(stage.subscriber, from: "t/#")
        let back = stage.model.subscribes(stage.subscriber, to: "t/#")
        stage.model.unsubscribed(stage.subscriber, from: "t/#", asked: left)
        stage.model.subscribed(stage.subscriber, to: "t/#", asked: back)
        stage.receive(stage.publish(.atLeastOnce))
        #expect(stage.violation == nil)
        _ = stage.publish(.atLeastOnce)
        #expect(stage.rest() != nil)
    }

    @Test("What was settled the time before last is not known any more")
    func pages() {
        let stage = Stage()
        let publication = stage.publish(.atLeastOnce)
        stage.receive(publication)
        stage.model.turnPage()
        stage.receive(publication)
        #expect(stage.violation == nil)
        stage.model.turnPage()
        stage.receive(publication)
        #expect(stage.violation?.hasSuffix("which nobody sent") == true)
    }

    @Test("The last acknowledged value is retained, or the one under way")
    func retained() {
        let stage = Stage()
        func set(clears: Bool = false) -> Publication {
            stage.model.publishes(stage.publisher, topic: "r/0", qos: .atLeastOnce, retain: true, clears: clears)
        }
        let first = set()
        stage.model.acknowledged(first)
        #expect(stage.model.retained.problem(in: [:])?.hasPrefix("nothing is retained of r/0") == true)
        let second = set()
        #expect(stage.model.retained.problem(in: ["r/0": first.payload]) == nil)
        #expect(stage.model.retained.problem(in: ["r/0": second.payload]) == nil)
        stage.model.acknowledged(second)
        #expect(stage.model.retained.problem(in: ["r/0": first.payload]) != nil)
        let clear = set(clears: true)
        #expect(stage.model.retained.problem(in: [:]) == nil)
        stage.model.acknowledged(clear)
        #expect(stage.model.retained.problem(in: [:]) == nil)
        #expect(stage.model.retained.problem(in: ["r/0": second.payload]) != nil)
    }
}
