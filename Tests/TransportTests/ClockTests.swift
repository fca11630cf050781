import Primitives
import Testing

@testable import Transport

struct ClockTests {
    @Test("the system's time goes on and never back")
    func monotonic() {
        let first = Clock.system.now()
        var later = Clock.system.now()
        while later == first { later = Clock.system.now() }
        #expect(later > first)
        #expect(Clock.system.wallSeconds() > 1_700_000_000)
    }

    @Test("manual time stands still until it is moved, wall time with it")
    func manual() {
        let time = ManualTime(wallSeconds: 1_000)
        let clock = Clock.manual(time)
        #expect(clock.now() == .zero)
        time.advance(bySeconds: 2)
        time.advance(byMilliseconds: 500)
        #expect(clock.now() == Instant(nanoseconds: 2_500_000_000))
        #expect(clock.wallNanoseconds() == 1_002_500_000_000)
        #expect(clock.wallSeconds() == 1_002)
    }

    @Test("the date of manual time can be set, and time goes on from there")
    func dateIsSet() {
        let time = ManualTime(wallSeconds: 1_000)
        let clock = Clock.manual(time)
        time.advance(bySeconds: 2)
        time.setWall(aheadBySeconds: 60)
        #expect(clock.now() == Instant(nanoseconds: 2_000_000_000))
        #expect(clock.wallSeconds() == 1_062)
        time.setWall(aheadBySeconds: -100)
        time.advance(bySeconds: 1)
        #expect(clock.now() == Instant(nanoseconds: 3_000_000_000))
        #expect(clock.wallSeconds() == 963)
    }

    @Test("moving manual time wakes the loop that waits for it")
    func wakesWaitingLoop() throws {
        let time = ManualTime()
        let due = Instant.zero.advanced(bySeconds: 60)
        let finished = try Poller()
        let waker = finished.waker
        _ = try Thread(name: "waiting") {
            guard let poller = try? Poller() else { return }
            var events = EventBatch()
            while time.now < due { poller.wait(until: due, clock: .manual(time), into: &events) }
            waker.wake()
        }
        let end = deadline()
        while time.waitingLoops == 0, Clock.system.now() < end {}
        time.advance(bySeconds: 59)
        time.advance(bySeconds: 1)
        try waitForWake(finished)
        #expect(time.waitingLoops == 0)
    }

    @Test("a deadline that manual time has reached does not block")
    func dueManualDeadline() throws {
        let time = ManualTime()
        time.advance(bySeconds: 1)
        let poller = try Poller()
        var events = EventBatch()
        poller.wait(until: time.now, clock: .manual(time), into: &events)
        #expect(events.count == 0)
    }
}
