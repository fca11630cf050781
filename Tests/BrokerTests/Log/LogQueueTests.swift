import Testing

@testable import Broker

@Suite struct LogQueueTests {
    @Test("Only the first line after the writer looked wakes it")
    func wakeUp() {
        var queue = LogQueue()
        var wakes = [queue.append(record(.clientConnected)), queue.append(record(.clientConnected))]
        let taken = queue.take(at: 0)
        wakes.append(queue.append(record(.clientConnected)))
        #expect(wakes == [true, false, true])
        #expect(taken.count == 2)
    }

    @Test("A full queue drops what comes, counts it and says so")
    func full() {
        var queue = LogQueue()
        for _ in 0..<LogQueue.capacity + 3 { _ = queue.append(record(.clientConnected)) }
        let taken = queue.take(at: 9)
        #expect(taken.count == LogQueue.capacity + 1)
        #expect(taken.last?.event == .logLinesDropped)
        #expect(taken.last?.fields.contains(.number("lines", 3)) == true)
        let rest = queue.take(at: 9)
        #expect(rest.isEmpty)
    }

    @Test("At the end every suppressed line is accounted for")
    func end() {
        var queue = LogQueue()
        for _ in 0..<15 { _ = queue.append(record(.messageDropped)) }
        let taken = queue.take(at: 0, all: true)
        #expect(taken.count == 11)
        #expect(taken.last?.fields == [.number("suppressed", 5)])
    }

    private func record(_ event: LogEvent) -> LogRecord {
        LogRecord(wallNanoseconds: 0, level: .notice, event: event, fields: [])
    }
}
