import MQTTCodec
import Testing

@testable import crashtest

@Suite("The model of the crash test complains of sessions and Wills")
struct SessionTests {
    @Test("A session that is gone before its expiry")
    func lost() {
        var stage = Stage()
        stage.kill()
        stage.connect(stage.subscriber, isPresent: false)
        #expect(stage.violation == "the session of subscriber is lost")
    }

    @Test("A session that is back after its expiry, which counts from the start after the kill")
    func resurrected() {
        for (passed, isBack) in [(1_400, false), (2_600, true)] as [(Int64, Bool)] {
            var stage = Stage(expirySeconds: 2)
            stage.kill(downMilliseconds: 1_000)
            stage.pass(passed)
            stage.connect(stage.subscriber, isPresent: true)
            #expect((stage.violation != nil) == isBack, "after \(passed) ms: \(stage.violation ?? "")")
        }
    }

    @Test("Its time runs on while the broker is down")
    func expiresWhileDown() {
        var stage = Stage(expirySeconds: 2)
        stage.model.ended(stage.subscriber, at: stage.now)
        stage.pass(1_000)
        stage.kill(downMilliseconds: 2_000)
        stage.connect(stage.subscriber, isPresent: true)
        #expect(stage.violation == "the session of subscriber is back after its expiry of 2 s")
    }

    @Test("What is owed to a session ends with it")
    func forgets() {
        var stage = Stage(expirySeconds: 2)
        _ = stage.publish(.atLeastOnce)
        stage.model.ended(stage.subscriber, at: stage.now)
        stage.pass(3_000)
        stage.connect(stage.subscriber, isPresent: false)
        #expect(stage.rest() == nil)
    }

    @Test("Whose CONNECT was not answered about the time of the expiry knows nothing, and starts clean")
    func uncertain() {
        var stage = Stage(expirySeconds: 2)
        stage.model.ended(stage.subscriber, at: stage.now)
        stage.pass(1_900)
        stage.model.connects(stage.subscriber, cleanStart: false, will: nil, at: stage.now)
        stage.kill()
        #expect(stage.subscriber.isUncertain)
        #expect(!stage.publisher.isUncertain)
        #expect(stage.violation == nil)
    }

    // Wills

    private func will(_ stage: Stage, delaySeconds: UInt32) -> Publication {
        stage.model.offers(stage.publisher, topic: "t/will", qos: .exactlyOnce, delaySeconds: delaySeconds)
    }

    private func reconnect(_ stage: inout Stage, delaySeconds: UInt32) -> Publication {
        stage.model.ended(stage.publisher, at: stage.now)
        let will = will(stage, delaySeconds: delaySeconds)
        stage.connect(stage.publisher, isPresent: true, will: will)
        return will
    }

    @Test("A Will whose connection broke, or was alive when the broker was killed, and that nobody got", arguments: [false, true])
    func missing(isKilled: Bool) {
        var stage = Stage()
        _ = reconnect(&stage, delaySeconds: 0)
        if isKilled {
            stage.kill()
            stage.connect(stage.subscriber, isPresent: true)
        } else {
            stage.model.ended(stage.publisher, at: stage.now)
        }
        stage.connect(stage.publisher, isPresent: true)
        #expect(stage.rest()?.hasSuffix(", a Will") == true)
    }

    @Test("A Will while its connection stands, after DISCONNECT, before its delay, and after its client was back in time")
    func early() {
        var stage = Stage()
        stage.receive(reconnect(&stage, delaySeconds: 0))
        #expect(stage.violation?.hasSuffix("a Will whose connection stands") == true)

        stage = Stage()
        let dismissed = reconnect(&stage, delaySeconds: 0)
        stage.model.ended(stage.publisher, isDismissed: true, at: stage.now)
        stage.receive(dismissed)
        #expect(stage.violation?.hasSuffix("a Will that had been discarded") == true)

        stage = Stage()
        let delayed = reconnect(&stage, delaySeconds: 2)
        stage.model.ended(stage.publisher, at: stage.now)
        stage.pass(1_000)
        stage.receive(delayed)
        #expect(stage.violation?.hasSuffix("a Will whose delay has not passed") == true)

        stage = Stage()
        let back = reconnect(&stage, delaySeconds: 2)
        stage.model.ended(stage.publisher, at: stage.now)
        stage.pass(1_000)
        stage.connect(stage.publisher, isPresent: true)
        stage.receive(back)
        #expect(stage.violation?.hasSuffix("a Will that had been discarded") == true)
    }

    @Test("A Will may come when the broker was killed right after DISCONNECT, and not when that was long before")
    func dismissedBeforeKill() {
        for (passed, isAllowed) in [(100, true), (1_000, false)] as [(Int64, Bool)] {
            var stage = Stage()
            let will = reconnect(&stage, delaySeconds: 0)
            stage.model.ended(stage.publisher, isDismissed: true, at: stage.now)
            stage.pass(passed)
            stage.kill()
            stage.connect(stage.subscriber, isPresent: true)
            stage.receive(will)
            #expect((stage.violation == nil) == isAllowed, "\(stage.violation ?? "")")
        }
    }
}
