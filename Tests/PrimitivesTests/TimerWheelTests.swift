import Primitives
import Testing

@Suite("Timer wheel") struct TimerWheelTests {
    private func at(milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    private func fired(_ wheel: inout TimerWheel, _ now: Instant, limit: Int = .max) -> [UInt64] {
        var tokens: [UInt64] = []
        wheel.advance(to: now, limit: limit) { tokens.append($0) }
        return tokens
    }

    /// What a wheel must do, as a plain list.
    private struct Model {
        var timers: [(due: Instant, token: UInt64, handle: TimerWheel.Handle)] = []

        /// What must have fired at `now`, and what may have.
        func tokens(dueBy now: Instant) -> Set<UInt64> { Set(timers.filter { $0.due <= now }.map(\.token)) }
    }

    private static let starts: [Int64] = [0, 63, 4_095, 1 << 30, (1 << 36) - 1_000, (1 << 36) + 5, 3 << 36]

    @Test("Against a list: never early, at most a millisecond late, earlier milliseconds first", arguments: starts)
    func behavesLikeAList(startMilliseconds: Int64) {
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var now = Instant(nanoseconds: startMilliseconds * 1_000_000 + Int64(random.next() % 1_000_000))
            var wheel = TimerWheel(at: now)
            var model = Model()
            var dueOf: [UInt64: Instant] = [:]
            for step in 0..<400 as Range<UInt64> {
                switch random.next() % 4 {
                case 0, 1:
                    let reach = Int64(1) << Int64(random.next() % 56)
                    let due = Instant(nanoseconds: now.nanoseconds + Int64(random.next() % UInt64(reach)))
                    model.timers.append((due, step, wheel.arm(step, at: due)))
                    dueOf[step] = due
                case 2 where !model.timers.isEmpty:
                    let gone = model.timers.remove(at: Int(random.next() % UInt64(model.timers.count)))
                    wheel.cancel(gone.handle)
                default:
                    let reach = Int64(1) << Int64(random.next() % 54)
                    let isOnDeadline = random.next() % 2 == 0
                    if isOnDeadline, let next = wheel.nextDeadline, next > now {
                        now = next
                    } else {
                        now = Instant(nanoseconds: now.nanoseconds + Int64(random.next() % UInt64(reach)))
                    }
                    let tokens = fired(&wheel, now)
                    let milliseconds = tokens.map { ((dueOf[$0] ?? .never).nanoseconds + 999_999) / 1_000_000 }
                    #expect(milliseconds == milliseconds.sorted())
                    #expect(Set(tokens).isSubset(of: model.tokens(dueBy: now)), "early, seed \(seed)")
                    let long = Instant(nanoseconds: now.nanoseconds - 1_000_000)
                    #expect(model.tokens(dueBy: long).isSubset(of: tokens), "late, seed \(seed)")
                    model.timers.removeAll { tokens.contains($0.token) }
                }
                #expect(wheel.count == model.timers.count)
                let earliest = model.timers.map(\.due).min()
                #expect((wheel.nextDeadline == nil) == (earliest == nil))
                if let earliest, let next = wheel.nextDeadline {
                    #expect(next.nanoseconds < max(earliest, now).nanoseconds + 1_000_000)
                }
            }
        }
    }

    @Test("A timer due fractions of a millisecond from now waits for the next one")
    func roundsUpwards() {
        var wheel = TimerWheel(at: .zero)
        _ = wheel.arm(7, at: Instant(nanoseconds: 1_000_001))
        #expect(fired(&wheel, Instant(nanoseconds: 1_999_999)).isEmpty)
        #expect(fired(&wheel, at(milliseconds: 2)) == [7])
        #expect(wheel.nextDeadline == nil)
    }

    @Test("A timer across the end of the coarsest wheel fires in time")
    func crossesTheCoarsestWheel() {
        let start = (Int64(1) << 36) - 10
        var wheel = TimerWheel(at: at(milliseconds: start))
        _ = wheel.arm(1, at: at(milliseconds: start + 20))
        #expect(fired(&wheel, at(milliseconds: start + 19)).isEmpty)
        #expect(fired(&wheel, at(milliseconds: start + 20)) == [1])
    }

    @Test("A timer beyond the coarsest wheel, and one that never fires")
    func reachesFar() {
        var wheel = TimerWheel(at: .zero)
        let far = Int64(5) << 36
        _ = wheel.arm(1, at: at(milliseconds: far))
        let never = wheel.arm(2, at: .never)
        #expect(fired(&wheel, at(milliseconds: far - 1)).isEmpty)
        #expect(fired(&wheel, at(milliseconds: far)) == [1])
        wheel.cancel(never)
        #expect(wheel.count == 0)
        #expect(wheel.nextDeadline == nil)
    }

    @Test("Stopped by its limit, the wheel has something to do at once")
    func stopsAtItsLimit() {
        var wheel = TimerWheel(at: .zero)
        for token in 0..<5 as Range<UInt64> { _ = wheel.arm(token, at: at(milliseconds: Int64(token) / 2 + 1)) }
        let now = at(milliseconds: 100)
        var all: [UInt64] = []
        for _ in 0..<2 {
            all += fired(&wheel, now, limit: 2)
            #expect(wheel.nextDeadline.map { $0 <= now } == true)
        }
        all += fired(&wheel, now)
        #expect(all.sorted() == [0, 1, 2, 3, 4])
    }

    @Test("A timer armed for the past fires at the next advance")
    func firesThePast() {
        var wheel = TimerWheel(at: at(milliseconds: 500))
        _ = wheel.arm(1, at: .zero)
        #expect(fired(&wheel, at(milliseconds: 500)) == [1])
    }
}
