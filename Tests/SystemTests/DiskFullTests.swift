import Foundation
import Testing

/// Writes are refused as with a full disk, by a limit of the size of files that the running process gets and is freed of.
@Suite("martletd on a full disk")
struct DiskFullTests {
    private let data: DataDirectory

    init() throws { data = try DataDirectory() }

    /// Nothing but the head of the store can be written: whatever room there is in the file.
    private static let headBytes = 8_192

    /// - Parameter bytes: a file may have at most; nil: as many as it likes
    private func limit(_ broker: Program, to bytes: Int?) throws {
        let soft = bytes.map(String.init) ?? "unlimited"
        let program = try Program("prlimit", ["--pid", "\(broker.identifier)", "--fsize=\(soft):unlimited"])
        guard try program.waitForExit() == 0 else { throw Overdue(description: "prlimit: \(program.errors.text)") }
    }

    private func payload(_ n: UInt8) -> [UInt8] { [UInt8](repeating: n, count: 20_000) }

    private func publishJobs(_ numbers: ClosedRange<UInt8>, _ publisher: WireClient) throws {
        for n in numbers { try publisher.send(WireClient.publish("jobs", qos: 1, id: n, payload(n))) }
    }

    /// Whether the broker has answered everything but what was sent before.
    private func answersPing(_ client: WireClient) throws {
        try client.send([0xC0, 0])
        #expect(try client.next() == [0xD0, 0])
    }

    private func checkJobs(_ numbers: ClosedRange<UInt8>, _ broker: Martletd) throws {
        let client = try WireClient(port: broker.port)
        #expect(try client.open("sleeper", clean: false, expiry: 200)?[2] == 1)
        #expect(try client.converse(messages: numbers.count, completed: 0).map(\.payload) == numbers.map(payload))
    }

    @Test(
        "What has to be kept waits for its PUBACK, all else goes on; when there is room the PUBACKs come, and nothing is lost",
        arguments: [1, 2])
    func waits(loops: Int) throws {
        let broker = try data.start(loops: loops)
        try data.leaveSession("sleeper", subscribedTo: "jobs", qos: 1, on: broker)
        let (watcher, reporter, publisher) = (
            try WireClient(port: broker.port), try WireClient(port: broker.port), try WireClient(port: broker.port)
        )
        try watcher.open("watcher")
        try watcher.subscribe("news", qos: 0)
        try reporter.open("reporter")
        try publisher.open("publisher")
        try publishJobs(1...1, publisher)
        try publisher.converse(messages: 0, completed: 1)

        try limit(broker.program, to: Self.headBytes)
        try publishJobs(2...11, publisher)
        let failure = try broker.waitForEvent("store_write_failed")
        #expect((failure["reason"] as? String)?.contains("the disk is full, or a quota or limit (ulimit -f) used up; make room") == true)
        #expect((failure["hint"] as? String)?.contains("QoS 0 goes on") == true)
        for n in 0..<10 as Range<UInt8> {
            try reporter.send(WireClient.publish("news", qos: 0, [n]))
            #expect(try watcher.message()?.payload == [n])
        }
        // No PUBACK comes before this.
        try answersPing(publisher)

        try limit(broker.program, to: nil)
        try broker.waitForEvent("store_writable")
        try publisher.converse(messages: 0, completed: 10)
        #expect(try broker.end(SIGKILL) == 128 + SIGKILL)
        try checkJobs(1...11, try data.start(loops: loops))
    }

    @Test("It ends when it is told to, without what it has not acknowledged; what it has is there at the next start", arguments: [1, 2])
    func ends(loops: Int) throws {
        let broker = try data.start(loops: loops)
        try data.leaveSession("sleeper", subscribedTo: "jobs", qos: 1, on: broker)
        let publisher = try WireClient(port: broker.port)
        try publisher.open("publisher")
        try publishJobs(1...3, publisher)
        try publisher.converse(messages: 0, completed: 3)
        try limit(broker.program, to: Self.headBytes)
        try publishJobs(4...5, publisher)
        try broker.waitForEvent("store_write_failed")
        try answersPing(publisher)
        #expect(try broker.end(SIGTERM) == 0)
        try broker.waitForEvent("store_write_failed") { ($0["hint"] as? String)?.contains("the broker ends") == true }
        try checkJobs(1...3, try data.start(loops: loops))
    }

    @Test("It waits for room also at its start, and can be told to end, or goes on when there is", arguments: [1, 2])
    func starts(loops: Int) throws {
        do {
            let broker = try data.start(loops: loops)
            try data.leaveSession("sleeper", subscribedTo: "jobs", qos: 1, on: broker)
            let publisher = try WireClient(port: broker.port)
            try publisher.open("publisher")
            try publishJobs(1...2, publisher)
            try publisher.converse(messages: 0, completed: 2)
            try broker.end(SIGTERM)
        }
        let words = ["--fsize=\(Self.headBytes):unlimited", Martletd.path, "--port", "0", "--loops", "\(loops)", "--data", data.path]
        var program = try Program("prlimit", words)
        try program.errors.waitForLine("store_write_failed")
        program.send(SIGTERM)
        #expect(try program.waitForExit(within: 15) == 0)

        program = try Program("prlimit", words)
        try program.errors.waitForLine("store_write_failed")
        try limit(program, to: nil)
        try program.errors.waitForLine("store_writable")
        program.send(SIGTERM)
        #expect(try program.waitForExit(within: 15) == 0)
        try checkJobs(1...2, try data.start(loops: loops))
    }
}
