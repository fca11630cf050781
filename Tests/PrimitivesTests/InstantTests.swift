import Primitives
import Testing

@Suite("Instant") struct InstantTests {
    @Test("Adding to a moment saturates: never stays never") func saturates() {
        #expect(Instant.zero.advanced(bySeconds: 3) == Instant(nanoseconds: 3_000_000_000))
        #expect(Instant.zero.advanced(byMilliseconds: 3) == Instant(nanoseconds: 3_000_000))
        #expect(Instant.never.advanced(byMilliseconds: 1) == .never)
        #expect(Instant.zero.advanced(byMilliseconds: .max) == .never)
        #expect(Instant(nanoseconds: .max - 5).advanced(bySeconds: .max) == .never)
        #expect(Instant.zero.advanced(bySeconds: .max) < .never)
    }

    @Test("What is left is rounded upwards to seconds") func roundsUpwards() {
        let second: Int64 = 1_000_000_000
        #expect(Instant.zero.secondsRoundedUp(until: Instant(nanoseconds: second)) == 1)
        #expect(Instant.zero.secondsRoundedUp(until: Instant(nanoseconds: second + 1)) == 2)
        #expect(Instant.zero.secondsRoundedUp(until: Instant(nanoseconds: 1)) == 1)
        #expect(Instant.zero.secondsRoundedUp(until: .zero) == 0)
        #expect(Instant.never.secondsRoundedUp(until: .zero) == 0)
    }

    @Test("Until never is longer than can be counted") func untilNever() {
        #expect(Instant.zero.secondsRoundedUp(until: .never) == .max)
        #expect(Instant(nanoseconds: .min).secondsRoundedUp(until: .never) == .max)
    }
}
