import Simulator
import Testing

@Suite("A broker in a virtual network does what a naïve one would")
struct SimulationTests {
    @Test("Every fixed seed holds with one shard, two and three", arguments: 1...3, 0..<6)
    func fixed(shards: Int, block: UInt64) {
        for seed in block * 10..<(block + 1) * 10 { hold(seed, steps: 40, shards: shards) }
    }

    @Test("Seeds that once found a mistake hold", arguments: [1, 2, 11, 12, 17, 24, 46, 48, 109, 112, 151, 219, 1328, 4638] as [UInt64])
    func found(seed: UInt64) { hold(seed, steps: 60, shards: 1) }

    @Test("A seed says the same thing every time", arguments: 1...3)
    func repeatable(shards: Int) {
        for seed: UInt64 in 5...6 {
            let plan = Simulation.Plan(seed: seed, steps: 30, shards: shards)
            let first = Simulation(plan, isRecording: true).run().transcript
            #expect(!first.isEmpty)
            #expect(Simulation(plan, isRecording: true).run().transcript == first)
        }
    }

    private func hold(_ seed: UInt64, steps: Int, shards: Int) {
        let outcome = Simulation(Simulation.Plan(seed: seed, steps: steps, shards: shards)).run()
        #expect(outcome.violation == nil, "swift run simulate --seed \(seed) --steps \(steps) --shards \(shards)")
    }
}
