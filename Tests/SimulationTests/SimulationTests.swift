import Simulator
import Testing

@Suite("A broker in a virtual network does what a naïve one would")
struct SimulationTests {
    @Test("Every fixed seed holds with one shard, two and three", arguments: 1...3, 0..<4)
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
            let failing = Simulation.Plan(seed: seed, steps: 30, shards: shards, losses: 2)
            let second = Simulation(failing, isRecording: true).run().transcript
            #expect(Simulation(failing, isRecording: true).run().transcript == second)
        }
    }

    @Test("Every fixed seed holds although the power fails", arguments: 1...3, 0..<3)
    func losses(shards: Int, block: UInt64) {
        for seed in block * 5..<(block + 1) * 5 { hold(seed, steps: 40, shards: shards, losses: 4) }
    }

    @Test("Seeds that once lost something with the power hold", arguments: [(779, 1), (837, 2), (754, 2), (20_955, 2), (537, 3)])
    func foundLosses(seed: UInt64, shards: Int) { hold(seed, steps: 60, shards: shards, losses: 3) }

    @Test("A run holds with whichever call of a port the power fails", arguments: 1...3)
    func everyCall(shards: Int) {
        var call = shards
        while call < 2_000 {
            var plan = Simulation.Plan(seed: 3, steps: 6, shards: shards, losses: 1)
            plan.clients = [0, 1]
            plan.fatalCall = call
            let outcome = Simulation(plan).run()
            #expect(
                outcome.violation == nil,
                "swift run simulate --seed 3 --steps 6 --shards \(shards) --clients 0,1 --losses 1 --fatal-call \(call)")
            if outcome.losses == 0 { break }
            call += 3
        }
        #expect(call > 50)
    }

    private func hold(_ seed: UInt64, steps: Int, shards: Int, losses: Int = 0) {
        let outcome = Simulation(Simulation.Plan(seed: seed, steps: steps, shards: shards, losses: losses)).run()
        #expect(
            outcome.violation == nil,
            "swift run simulate --seed \(seed) --steps \(steps) --shards \(shards)\(losses > 0 ? " --losses \(losses)" : "")")
    }
}
