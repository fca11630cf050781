import Simulator
import Testing

@Suite("A broker in a virtual network does what a naïve one would")
struct SimulationTests {
    @Test("Every fixed seed holds", arguments: 0..<20)
    func fixed(block: UInt64) {
        for seed in block * 10..<(block + 1) * 10 { hold(seed, steps: 40) }
    }

    @Test(
        "Seeds that once found a mistake hold",
        arguments: [1, 2, 11, 12, 17, 24, 46, 48, 109, 112, 151, 219, 1328, 4638, 1_000_702] as [UInt64])
    func found(seed: UInt64) { hold(seed, steps: 60) }

    @Test("A seed says the same thing every time")
    func repeatable() {
        let plan = Simulation.Plan(seed: 5, steps: 30)
        let first = Simulation(plan, isRecording: true).run().transcript
        #expect(!first.isEmpty)
        #expect(Simulation(plan, isRecording: true).run().transcript == first)
    }

    private func hold(_ seed: UInt64, steps: Int) {
        let outcome = Simulation(Simulation.Plan(seed: seed, steps: steps)).run()
        #expect(outcome.violation == nil, "swift run simulate --seed \(seed) --steps \(steps)")
    }
}
