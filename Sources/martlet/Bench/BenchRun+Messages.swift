import MQTTClient

extension BenchRun {
    /// Publishers and subscribers with a schedule between them: fanout, fanin, p2p and sharedsub.
    func messages() async throws(Failure) -> BenchReport {
        var report = BenchReport(workload, configuration)
        let subscribers = fleet(workload.subscribers, "s")
        let publishers = fleet(workload.publishers, "p") { $0.outbox = outbox }
        let begin = MonotonicClock.now()
        try await subscribers.run(rate: workload.connectRate, progress: progress) { () throws(Failure) in
            let subscriptions = try await subscribe(subscribers)
            try await publishers.run(rate: workload.connectRate, progress: progress) { () throws(Failure) in
                report.connections = BenchReport.ConnectionFigures(subscribers, begin: begin)
                report.connections.add(BenchReport.ConnectionFigures(publishers, begin: begin))
                try await measure(subscriptions, publishers, &report)
                report.connections.noteLosses(of: [subscribers, publishers])
            }
        }
        return report
    }

    /// A schedule is kept even if the broker does not follow, up to a bound of memory; without a schedule the broker sets the pace.
    private var outbox: OutboxLimits {
        var limits = OutboxLimits()
        limits.whenFull = workload.rate == .unlimited ? .wait : .refuse
        limits.messages = workload.rate == .unlimited ? max(100, 2 * Int(workload.inFlight)) : max(1_000, 1_000_000 / workload.publishers)
        return limits
    }

    private func subscribe(_ fleet: Fleet) async throws(Failure) -> [MQTTSubscription] {
        do {
            return try await withThrowingTaskGroup(of: (Int, MQTTSubscription).self) { group in
                for (number, client) in fleet.clients.enumerated() {
                    let filters = layout.filters(of: number).map { TopicSubscription($0, maximumQoS: workload.qos) }
                    group.addTask { (number, try await client.subscribe(to: filters)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
        } catch {
            throw Self.failure(error)
        }
    }

    private func measure(_ subscriptions: [MQTTSubscription], _ publishers: Fleet, _ report: inout BenchReport) async throws(Failure) {
        // A moment to come, when all readers are there.
        let begin = MonotonicClock.now() + 100_000_000
        let opens = begin + workload.warmUp.nanoseconds
        let window = opens..<opens + workload.duration.nanoseconds
        let deliveries = Deliveries(window: window)
        let publishing = Publishing(
            layout: layout, clients: publishers.clients, begin: begin, window: window, counts: Publishing.Counts())
        async let first = reading(at: opens)
        async let _: Void = read(subscriptions, deliveries)
        let (ended, last) = try await progress.during({ Self.words(publishing.counts, deliveries) }) { () throws(Failure) in
            try await publishing.run()
            let (ended, last) = (min(window.upperBound, MonotonicClock.now()), ProcessorUse.Reading())
            let expected = publishing.counts.sum.withLock { $0.expected }
            await Settling.wait(for: expected, activity: { deliveries.progress.received }) { deliveries.progress.delivered }
            // The last acknowledgements are on their way.
            await Settling.wait(for: 0, idle: .seconds(1)) { -publishers.outboxCount }
            if Task.isCancelled { throw Failure(.interrupted, nil) }
            return (ended, last)
        }
        report.generator.use = ProcessorUse(from: await first, to: last)
        let published = publishing.counts.sum.withLock { $0 }
        report.generator.lag = published.lag
        report.generator.dropped = subscriptions.reduce(0) { $0 + $1.droppedMessages }
        report.messages = BenchReport.MessageFigures(published, deliveries, opens: opens, ended: ended)
        report.messages?.unsent = publishers.outboxCount
    }

    private func reading(at moment: UInt64) async -> ProcessorUse.Reading {
        await MonotonicClock.wait(until: moment)
        return ProcessorUse.Reading()
    }

    /// Reads until the task is cancelled.
    private func read(_ subscriptions: [MQTTSubscription], _ deliveries: Deliveries) async {
        let together = workload.scenario == .shared ? SharedStreams() : nil
        let streams = layout.streams
        await withTaskGroup(of: Void.self) { group in
            for (number, subscription) in subscriptions.enumerated() {
                group.addTask {
                    var trackers: [UInt32: SequenceTracker] = [:]
                    for await message in subscription {
                        let now = MonotonicClock.now()
                        guard let stamp = MessageStamp(message.payload, streams: streams) else {
                            deliveries.noteForeign(subscriber: number)
                            continue
                        }
                        var arrival = trackers[stamp.stream, default: SequenceTracker()].note(stamp.sequence)
                        if together?.note(stamp) == .duplicate { arrival = .duplicate }
                        deliveries.note(arrival, due: stamp.due, at: now, subscriber: number)
                    }
                }
            }
        }
    }

    private static func words(_ counts: Publishing.Counts, _ deliveries: Deliveries) -> String {
        let published = counts.sum.withLock { $0.accepted }
        let phase = MonotonicClock.now() < deliveries.window.lowerBound ? "warming up" : "measuring"
        return "\(phase): published \(Quantity.count(published)), delivered \(Quantity.count(deliveries.progress.received))"
    }
}

extension BenchReport.MessageFigures {
    fileprivate init(_ published: PublishCounts, _ deliveries: Deliveries, opens: UInt64, ended: UInt64) {
        let delivered = deliveries.counts
        since = "due"
        self.published = published.published
        publishedSeconds = Double(max(ended, opens) - opens) / 1e9
        refused = published.refused
        expected = published.expected
        self.delivered = delivered.delivered
        deliveredSeconds = Double(max(ended, opens, delivered.lastArrival) - opens) / 1e9
        duplicates = delivered.duplicates
        outOfOrder = delivered.outOfOrder
        latency = delivered.latency
    }
}

extension BenchReport.ConnectionFigures {
    fileprivate mutating func add(_ other: BenchReport.ConnectionFigures) {
        clients += other.clients
        connected += other.connected
        seconds = max(seconds, other.seconds)
        times.add(other.times)
    }
}
