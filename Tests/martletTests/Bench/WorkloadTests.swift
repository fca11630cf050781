import Testing

@testable import martlet

@Suite("What options change of a scenario")
struct WorkloadTests {
    private func workload(_ words: String...) throws -> Workload { try Workload(try Arguments(words, of: .bench)) }

    @Test("Options win over the numbers of the name")
    func options() throws {
        let workload = try workload(
            "fanout-1-1K-1-1K", "--subscribers", "50", "--publishers", "2", "--rate", "2K", "--qos", "2", "--size", "1K", "--inflight",
            "20",
            "--warm-up", "0.5", "--duration", "7")
        #expect((workload.publishers, workload.subscribers, workload.topics) == (2, 50, 1))
        #expect(workload.publishedPerSecond == 2_000)
        #expect((workload.qos, workload.size) == (.exactlyOnce, 1_000))
        #expect((workload.inFlight, workload.receiveMaximum) == (20, 20))
        #expect((workload.warmUp, workload.duration) == (.seconds(0.5), .seconds(7)))
    }

    @Test("Without a scenario each topic has one publisher and one subscriber")
    func usual() throws {
        let workload = try workload("--publishers", "10", "--subscribers", "10")
        #expect(workload.scenario == .pointToPoint)
        #expect(workload.topics == 10)
        #expect(workload.qos == .atLeastOnce)
    }

    @Test("A limited number of messages is not used up by a warm-up, unless one is asked for")
    func messages() throws {
        #expect(try workload("--messages", "100").warmUp == .zero)
        #expect(try workload("--messages", "100", "--warm-up", "2").warmUp == .seconds(2))
        #expect(try workload().warmUp > .zero)
    }

    @Test("The rate max leaves the pace to the broker")
    func unlimited() throws {
        #expect(try workload("--rate", "max").publishedPerSecond == nil)
    }

    @Test(
        "What cannot be is refused with what was expected",
        arguments: [
            (["--size", "8"], "at least 16"), (["--publishers", "0"], "above 0"), (["--rate", "fast"], "such as 250, 1K or 2M"),
            (["offline-drain", "--qos", "0"], "expected 1 or 2"),
        ])
    func refused(words: [String], expected: String) throws {
        let arguments = try Arguments(words, of: .bench)
        let failure = #expect(throws: Failure.self) { try Workload(arguments) }
        #expect(failure?.status == .wrongUsage)
        #expect(failure?.message?.contains(expected) == true)
    }
}
