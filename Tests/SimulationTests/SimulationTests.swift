import Simulator
import Testing

@Suite("A broker in a virtual network does what a naïve one would")
struct SimulationTests {
    @Test("Every fixed seed holds", arguments: 0..<12)
    func fixed(block: UInt64) {
        for seed in block * 20..<(block + 1) * 20 {
            let outcome = Simulation(Simulation.Plan(seed: seed, steps: 40)).run()
            #expect(outcome.violation == nil, "swift run simulate --seed \(seed) --steps 40")
        }
    }
}
