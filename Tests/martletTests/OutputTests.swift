import Testing

@testable import martlet

@Suite("Numbers, progress and patterns")
struct OutputTests {
    @Test("Numbers are written as people read them")
    func quantities() {
        #expect([0, 999, 1_000, 1_234_567, -1_234].map(Quantity.count) == ["0", "999", "1,000", "1,234,567", "-1,234"])
        #expect([0, 0.5, 9.94, 9.96, 1234.4].map(Quantity.rate) == ["0.0", "0.5", "9.9", "10", "1,234"])
        #expect([0, 950, 1_000, 12_345, 4.5e6, 7e12].map(Quantity.bytes) == ["0 B", "950 B", "1.0 kB", "12.3 kB", "4.5 MB", "7000.0 GB"])
        #expect([Duration.milliseconds(200), .seconds(12), .seconds(200)].map(Quantity.seconds) == ["0.2 s", "12 s", "3 min 20 s"])
        #expect(Quantity.milliseconds(.microseconds(1_234)) == "1.234")
    }

    @Test("A bar tells share, count, rate and what is left")
    func progress() {
        #expect(
            Progress.line(count: 500, share: 0.5, after: .seconds(2)) == "[############............] 50%  500 messages, 250/s, 2.0 s to go")
        #expect(Progress.line(count: 10, share: 1, after: .seconds(2)) == "[########################] 100%  10 messages, 5.0/s, 2.0 s")
        #expect(Progress.line(count: 10, share: nil, after: .seconds(2)) == "10 messages, 5.0/s")
    }

    @Test(
        "-T matches as a Topic Filter does",
        arguments: [
            ("a/b", "a/b", true), ("a/+", "a/b", true), ("a/+", "a/b/c", false), ("a/#", "a", true), ("a/#", "a/b/c", true),
            ("#", "a", true),
            ("#", "$SYS/x", false), ("+/x", "$SYS/x", false), ("$SYS/#", "$SYS/x", true), ("a", "b", false), ("a/b", "a", false),
            ("+", "", true), ("/+", "/a", true),
        ])
    func patterns(filter: String, topic: String, matches: Bool) throws {
        #expect(try TopicPattern(filter).matches(topic) == matches)
    }

    @Test("-T refuses what is no Topic Filter, and names it", arguments: ["", "a+", "a/#/b", "#a", "a/b+/c"])
    func noPattern(filter: String) {
        let failure = #expect(throws: Failure.self) { try TopicPattern(filter) }
        #expect(failure?.status == .wrongUsage)
        #expect(failure?.message?.contains("-T: expected a Topic Filter") == true)
    }

    @Test("The shell's command gets payload and environment, answers with what it prints, and its failure is told")
    func shell() {
        let large = [UInt8](repeating: 65, count: 1_000_000)
        #expect(ShellCommand.run("cat", input: large, environment: [:]) == .init(output: large, problem: nil))
        #expect(
            ShellCommand.run("printf %s \"$X\"", input: large, environment: ["X": "y z"]) == .init(output: Array("y z".utf8), problem: nil))
        #expect(ShellCommand.run("exit 3", input: [], environment: [:]) == .init(output: [], problem: "exit status 3"))
        #expect(ShellCommand.run("kill -9 $$", input: [], environment: [:]).problem == "ended by signal 9")
    }

    @Test("Figures of pings: least, mean and greatest of those answered")
    func pings() {
        var figures = PingFigures()
        for time in [Duration.milliseconds(2), nil, .milliseconds(4)] { figures.add(time) }
        #expect(figures.text == "3 sent, 2 answered; min/avg/max 2.000/3.000/4.000 ms\n")
        #expect(
            figures.json == #"{"sent":3,"answered":2,"min_milliseconds":2.000,"avg_milliseconds":3.000,"max_milliseconds":4.000}"# + "\n")
    }
}
