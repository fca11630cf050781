import Testing
import Transport

@testable import Broker

@Suite struct LogWriterTests {
    private final class Lines: Sendable {
        let text = Locked("")
        func output(isTerminal: Bool) -> LogOutput {
            LogOutput(isTerminal: isTerminal, usesColour: isTerminal) { lines in self.text.withLock { $0 += lines } }
        }
        var all: String { text.withLock { $0 } }
    }

    @Test("Events of the level and above are written in order; others cost nothing")
    func levels() {
        let lines = Lines()
        let log = writer(lines)
        log.notice(.brokerStarted)
        log.info(.clientConnected, [unwanted()])
        log.error(.configurationRefused)
        log.close()
        log.notice(.brokerStopped)
        #expect(lines.all.split(separator: "\n").map { $0.contains("broker_started") } == [true, false])
        #expect(lines.all.contains("configuration_refused"))
    }

    @Test("Text goes to a terminal, JSON lines elsewhere, and either where it is asked for")
    func formats() {
        for (isTerminal, format, isText) in [
            (true, LogFormat.auto, true), (false, .auto, false), (true, .json, false), (false, .text, true),
        ] {
            let lines = Lines()
            let log = writer(lines, format: format, isTerminal: isTerminal)
            log.notice(.brokerStarted)
            log.close()
            #expect(lines.all.hasPrefix("{") != isText)
            #expect(lines.all.contains("\u{1B}") == (isText && isTerminal))
        }
    }

    @Test("Several threads write whole lines, each its own in order, and times never go back")
    func threads() throws {
        let lines = Lines()
        let clock: @Sendable () -> Int64 = { Clock.system.wallNanoseconds() }
        let log = LogWriter(configuration: LogConfiguration(), output: lines.output(isTerminal: false), wallClock: clock)
        let first = try Thread(name: "first") { for i in 0..<500 { log.notice(.brokerStarted, [.number("first", i)]) } }
        for i in 0..<500 { log.notice(.brokerStarted, [.number("second", i)]) }
        first.join()
        log.close()
        let written = lines.all.split(separator: "\n")
        #expect(written.count == 1_000)
        for name in ["first", "second"] {
            let numbers = written.compactMap { line in line.split(separator: "\"\(name)\":").dropFirst().first?.prefix { $0.isNumber } }
            #expect(numbers.map { Int($0) } == (0..<500).map { $0 })
        }
        let times = written.map { $0.prefix(35) }
        #expect(times == times.sorted())
    }

    @Test("A level can change while the log is written")
    func reload() {
        let lines = Lines()
        let log = writer(lines)
        var configuration = LogConfiguration()
        configuration.level = .debug
        log.apply(configuration)
        log.debug(.clientConnected)
        log.close()
        #expect(lines.all.contains("client_connected"))
    }

    @Test("A reader that takes nothing does not stop the writer of events, and what found no room is told")
    func blockedOutput() {
        let gate = Semaphore()
        let lines = Lines()
        let output = LogOutput(isTerminal: false, usesColour: false) { text in
            gate.wait()
            gate.signal()
            lines.text.withLock { $0 += text }
        }
        let log = LogWriter(configuration: LogConfiguration(), output: output, wallClock: { 0 })
        for _ in 0..<3 * LogQueue.capacity { log.notice(.clientDisconnected) }
        gate.signal()
        log.close()
        #expect(lines.all.contains("log_lines_dropped"))
    }

    private func writer(_ lines: Lines, format: LogFormat = .auto, isTerminal: Bool = false) -> LogWriter {
        var configuration = LogConfiguration()
        configuration.format = format
        return LogWriter(configuration: configuration, output: lines.output(isTerminal: isTerminal), wallClock: { 0 })
    }

    private func unwanted() -> LogField {
        Issue.record("a field of a line that is not written was made")
        return .number("unwanted", 0)
    }
}
