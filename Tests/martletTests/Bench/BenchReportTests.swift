import MQTTClient
import Testing

@testable import martlet

@Suite("Report of a run")
struct BenchReportTests {
    private func report(_ change: (inout BenchReport) -> Void = { _ in }) throws -> BenchReport {
        var report = BenchReport(try Workload(name: "p2p-2-2-2-1K"), ClientConfiguration(host: "broker.local", port: 1884))
        report.connections.clients = 4
        report.connections.connected = 4
        var messages = BenchReport.MessageFigures(since: "due")
        (messages.published, messages.publishedSeconds) = (10_000, 10)
        (messages.expected, messages.delivered, messages.deliveredSeconds) = (10_000, 10_000, 10)
        for microseconds in 1...1_000 { messages.latency.record(UInt64(microseconds) * 1_000) }
        report.messages = messages
        change(&report)
        return report
    }

    @Test("The table names scenario, broker and what came of it")
    func table() throws {
        let table = try report().table
        for words in [
            "p2p-2-2-2-1K at broker.local:1884, MQTT 5.0, QoS 1, 16 bytes", "4 clients", "10,000 in 10.0 s, 1,000 a second",
            "p99.9", "lost                0   duplicates 0   out of order 0",
        ] { #expect(table.contains(words), "\(table)") }
        #expect(!table.contains("warning"))
    }

    @Test("The JSON line has the same figures")
    func json() throws {
        let json = try report().json
        for words in [
            #""scenario":"p2p-2-2-2-1K""#, #""server":"broker.local:1884""#, #""published":10000"#, #""delivered_per_second":1000.0"#,
            #""lost":0"#, #""latency_since":"due""#, #""max":1.000000"#, #""lag_milliseconds":null"#, #""warnings":[]"#,
        ] { #expect(json.contains(words), "\(json)") }
        #expect(json.hasSuffix("}\n") && !json.dropLast().contains("\n"))
    }

    @Test("A loss of QoS 1 fails the run, one of QoS 0 does not")
    func loss() throws {
        #expect(try report().failure == nil)
        let lossy = try report { $0.messages?.delivered = 9_990 }
        #expect(lossy.failure == Failure(.failed, "10 messages of QoS 1 did not arrive"))
        var workload = lossy.workload
        workload.qos = .atMostOnce
        var tolerant = BenchReport(workload, ClientConfiguration(host: "h"))
        tolerant.messages = lossy.messages
        #expect(tolerant.failure == nil)
    }

    @Test("Clients that did not connect fail the run")
    func connections() throws {
        #expect(try report { $0.connections.connected = 3 }.failure?.message == "1 of 4 clients were not connected")
    }

    @Test("A generator that did not keep its schedule, or was busy itself, is told of")
    func generator() throws {
        let late = try report { for _ in 0..<100 { $0.generator.lag.record(20_000_000) } }
        #expect(late.warnings.first?.contains("the generator was late") == true)
        let busy = try report { ($0.generator.use.busiestThread, $0.generator.use.starved) = (0.6, 0.35) }
        #expect(busy.warnings.first?.contains("the generator was the bottleneck") == true)
        let starved = try report { ($0.generator.use.busiestThread, $0.generator.use.starved) = (0.2, 0.35) }
        #expect(starved.warnings.first?.contains("the machine is busy") == true)
        #expect(try report { $0.generator.dropped = 3 }.warnings.count == 1)
    }

    @Test("A broker that falls behind is told of")
    func broker() throws {
        let slow = try report { report in
            report.messages?.refused = 5
            report.messages?.unsent = 7
        }
        #expect(slow.warnings.count == 2)
    }
}
