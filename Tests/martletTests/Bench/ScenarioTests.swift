import Testing

@testable import martlet

@Suite("Scenarios by name")
struct ScenarioTests {
    @Test("The names of the public suite say what it runs")
    func published() throws {
        let fanout = try Workload(name: "singlenode-fanout-5-1000-5-250K")
        #expect((fanout.publishers, fanout.subscribers, fanout.topics) == (5, 1_000, 5))
        #expect(fanout.publishedPerSecond == 250)  // 50 from each publisher

        let pairs = try Workload(name: "p2p-1K-1K-1K-1K")
        #expect((pairs.publishers, pairs.subscribers, pairs.topics) == (1_000, 1_000, 1_000))
        #expect(pairs.publishedPerSecond == 1_000)

        let shared = try Workload(name: "singlenode-sharesub-50K-500-50K-50K")
        #expect(shared.scenario == .shared)
        #expect((shared.publishers, shared.subscribers, shared.topics) == (50_000, 500, 50_000))
        #expect(shared.publishedPerSecond == 50_000)

        let connections = try Workload(name: "conn-tcp-10K-100")
        #expect((connections.connections, connections.connectRate) == (10_000, 100))
        #expect(connections.clientCount == 10_000)
    }

    @Test("A message for every subscriber is published so much more rarely")
    func fanOut() throws {
        #expect(try Workload(name: "fanout-1-1K-1-1K").publishedPerSecond == 1)
    }

    @Test("Every example is understood, and says what its form says", arguments: Scenario.allCases)
    func examples(scenario: Scenario) throws {
        let workload = try Workload(name: scenario.example)
        #expect(workload.scenario == scenario)
        #expect(scenario.example.dropFirst(scenario.rawValue.count).split(separator: "-").count == scenario.numbers.count)
        #expect(try Workload(name: scenario.rawValue).scenario == scenario)
    }

    @Test("Storm and backlog say how many messages, and for how many")
    func hoards() throws {
        let storm = try Workload(name: "retained-storm-2.5K-3")
        #expect((storm.messages, storm.subscribers) == (2_500, 3))
        #expect(try Workload(name: "offline-drain-100").messages == 100)
    }

    @Test(
        "A wrong name is answered with what was expected",
        arguments: [
            ("p2q-1K-1K-1K-1K", "did you mean p2p?"), ("fan-out", "did you mean fanout?"),
            ("retained-strom-10", "did you mean retained-storm?"),
            ("everything", "expected conn-tcp, p2p"), ("p2p-1-2-3-4-5", "expected p2p-PUBLISHERS"), ("p2p-x", "such as p2p-1K-1K-1K-1K"),
            ("fanout-0-1", "expected fanout-PUBLISHERS"), ("p2p-", "expected p2p-"),
        ])
    func wrong(name: String, words: String) throws {
        let failure = #expect(throws: Failure.self) { try Workload(name: name) }
        #expect(failure?.status == .wrongUsage)
        #expect(failure?.message?.contains(words) == true, "\(failure?.message ?? "")")
    }
}
