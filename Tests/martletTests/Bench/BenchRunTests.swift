import MQTTClient
import MQTTTestServer
import Testing

@testable import martlet

@Suite("Runs against a broker")
struct BenchRunTests {
    private let server: MQTTTestServer

    init() throws { server = try MQTTTestServer() }

    private func report(_ words: String..., version: ClientVersion = .v5) async throws -> BenchReport {
        var configuration = ClientConfiguration(host: server.host, port: server.port)
        configuration.version = version
        let workload = try Workload(try Arguments(words + ["--warm-up", "0"], of: .bench))
        return try await BenchRun(workload, configuration, progress: ProgressLine(isQuiet: true), isTalkative: false).report()
    }

    @Test(
        "Everything published is delivered, once and in order",
        arguments: ["p2p-4-4-4-400", "fanout-2-5-2-400", "fanin-6-2-6-400", "sharedsub-6-2-6-400"], ["0", "1", "2"])
    func delivered(scenario: String, qos: String) async throws {
        let report = try await report(scenario, "--qos", qos, "--messages", "40")
        let messages = try #require(report.messages)
        #expect(messages.published == 40)
        #expect(messages.expected == (scenario.hasPrefix("fanout") ? 200 : 40))
        #expect(messages.delivered == messages.expected)
        #expect((messages.lost, messages.duplicates, messages.outOfOrder, messages.unsent) == (0, 0, 0, 0))
        #expect(messages.latency.count == messages.delivered)
        #expect(report.connections.connected == report.workload.clientCount)
        #expect(report.failure == nil)
    }

    @Test("In MQTT 3.1.1 as well")
    func old() async throws {
        let report = try await report("p2p-2-2-2-400", "--messages", "20", version: .v3_1_1)
        #expect(report.messages?.delivered == 20)
    }

    @Test("As many as the broker takes")
    func unlimited() async throws {
        let report = try await report("p2p-2-2-2", "--rate", "max", "--messages", "2K")
        #expect(report.messages?.delivered == 2_000)
        #expect(report.generator.lag.count == 0)
    }

    @Test("A run without a number of messages ends with its time")
    func duration() async throws {
        let report = try await report("p2p-2-2-2-100", "--duration", "0.5")
        #expect(report.messages?.published == 50)
        #expect(report.messages?.delivered == 50)
    }

    @Test("Clients connect and are let go of")
    func connections() async throws {
        let report = try await report("conn-tcp-30-1K", "--duration", "0")
        #expect((report.connections.connected, report.connections.lost) == (30, 0))
        #expect(report.connections.times.count == 30)
        #expect(report.messages == nil)
    }

    @Test("A storm of Retained Messages comes to every subscriber, and none is left behind")
    func retained() async throws {
        let report = try await report("retained-storm-500-2")
        #expect(report.messages?.delivered == 1_000)
        #expect(report.messages?.duplicates == 0)
        try await MQTTClient.withConnection(ClientConfiguration(host: server.host, port: server.port)) { client in
            let everything = try await client.subscribe(to: "#")
            try await client.publish("the first one", to: "here")
            var messages = everything.makeAsyncIterator()
            #expect(await messages.next()?.topic == "here")
        }
    }

    @Test("What was queued for a client that was away comes when it is back, in order")
    func offline() async throws {
        let report = try await report("offline-drain-500-2", "--qos", "2")
        #expect(report.messages?.delivered == 1_000)
        #expect((report.messages?.duplicates, report.messages?.outOfOrder) == (0, 0))
        #expect(report.failure == nil)
    }

    @Test("A broker that is not there is told at once")
    func unreachable() async throws {
        server.stop()
        let failure = await #expect(throws: Failure.self) { try await report("p2p") }
        #expect(failure?.status == .broken)
    }

    @Test("A run that is cancelled ends as interrupted")
    func cancelled() async throws {
        let run = Task { try await report("p2p-2-2-2-10", "--duration", "600") }
        run.cancel()
        let failure = await #expect(throws: Failure.self) { try await run.value }
        #expect(failure?.status == .interrupted)
    }
}
