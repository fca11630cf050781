import Testing

@testable import martlet

@Suite("How busy the generator was")
struct ProcessorUseTests {
    @Test("A thread that computes all the time is seen")
    func busy() {
        let first = ProcessorUse.Reading()
        let end = first.moment + 50_000_000
        var rounds = 0
        while MonotonicClock.now() < end { rounds += 1 }
        let use = ProcessorUse(from: first, to: ProcessorUse.Reading())
        // Elsewhere the machine may be busy: then it waited.
        #expect(use.busiestThread + use.starved > 0.5, "\(use) after \(rounds) rounds")
        #expect(use.processors > 0)
    }

    @Test("A run that was over before its window opened has used nothing")
    func backwards() {
        let earlier = ProcessorUse.Reading()
        #expect(ProcessorUse(from: ProcessorUse.Reading(), to: earlier) == ProcessorUse())
    }
}
