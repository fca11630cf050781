import Synchronization

/// Where received messages go: past what is not wanted, to standard output or into the statistics.
final class MessageSink: Sendable {
    enum Outcome {
        case passedOver
        case written
        /// It or an earlier one was the last that is wanted.
        case over
    }

    private struct State {
        var written = 0
        var statistics = TopicStatistics()
        var lastTick = ContinuousClock.now
    }

    private let format: MessageFormat
    private let report: StatisticsReport?
    private let filtersOut: [TopicPattern]
    private let skipsRetained: Bool
    private let onlyRetained: Bool
    private let state = Mutex(State())

    init(_ arguments: Arguments) throws(Failure) {
        report = arguments.has(.statistics) ? StatisticsReport(arguments) : nil
        for option in [Option.format, .verbose, .noNewline] where report != nil && arguments.has(option) {
            throw Failure(.wrongUsage, "--stats: expected without \(option.short ?? option.name)")
        }
        if arguments.has(.noRetained), arguments.has(.retainedOnly) {
            throw Failure(.wrongUsage, "expected one of -R and --retained-only, found both")
        }
        format = try MessageFormat(arguments)
        filtersOut = try arguments.texts(.filterOut).map { text throws(Failure) in try TopicPattern(text) }
        skipsRetained = arguments.has(.noRetained)
        onlyRetained = arguments.has(.retainedOnly)
    }

    /// It reports statistics instead of messages.
    var reports: Bool { report != nil }

    /// Messages written or counted so far.
    var written: Int { state.withLock { $0.written } }

    /// - Parameter limit: messages wanted
    func take(_ delivery: Delivery, wanting limit: Int?) throws(Failure) -> Outcome {
        if onlyRetained, !delivery.retain { return .over }
        if skipsRetained, delivery.retain { return .passedOver }
        if filtersOut.contains(where: { $0.matches(delivery.topic) }) { return .passedOver }
        return try state.withLock { state throws(Failure) in
            if let limit, state.written >= limit { return .over }
            state.written += 1
            if report == nil {
                try Console.write(format.bytes(delivery))
            } else {
                state.statistics.count(topic: delivery.topic, payload: delivery.payload)
            }
            return .written
        }
    }

    /// Draws the statistics anew each second, until the task is cancelled or nobody reads them.
    func reportEachSecond() async throws {
        guard let report else { return }
        if case .table = report { try Console.write("\u{1B}[2J") }
        while true {
            try await Task.sleep(for: .seconds(1))
            try draw(report)
        }
    }

    /// Reports what has come since the last report.
    func end() throws(Failure) {
        if let report { try draw(report) }
    }

    private func draw(_ report: StatisticsReport) throws(Failure) {
        let text = state.withLock { state in
            let now = ContinuousClock.now
            let seconds = max(state.lastTick.duration(to: now) / .seconds(1), 0.001)
            state.lastTick = now
            let (rows, total) = state.statistics.tick(seconds: seconds)
            return report.text(rows, total: total, at: .now, screen: Console.screen)
        }
        if !text.isEmpty { try Console.write(text) }
    }
}
