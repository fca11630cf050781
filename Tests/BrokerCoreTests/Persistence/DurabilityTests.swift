import Primitives
import Testing

@testable import BrokerCore

@Suite("Times that hold across restarts")
struct DurabilityTests {
    private let keeping = Keeping(durability: .strict, wallOffset: 1_000)

    @Test("a moment is the same after the way to the wall clock and back")
    func roundTrip() {
        #expect(keeping.wall(Instant(nanoseconds: 5)) == 1_005)
        #expect(keeping.instant(1_005) == Instant(nanoseconds: 5))
        #expect(keeping.instant(10) == Instant(nanoseconds: -990))
    }

    @Test("never stays never")
    func never() {
        #expect(keeping.wall(.never) == .max)
        #expect(keeping.instant(.max) == .never)
        #expect(keeping.wall(Instant(nanoseconds: .max - 1)) == .max)
    }
}
