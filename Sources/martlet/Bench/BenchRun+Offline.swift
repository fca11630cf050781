import MQTTClient

extension BenchRun {
    /// Messages are queued for clients that are away, and come back.
    func offlineDrain() async throws(Failure) -> BenchReport {
        var report = BenchReport(workload, configuration)
        let leaving = fleet(workload.subscribers, "s") { $0.session = Self.kept }
        let subscriptions = try await leaving.run(rate: workload.connectRate, progress: progress) { () throws(Failure) in
            try await subscribe(leaving)
        }
        // One that is let go of while its client is connected is unsubscribed from.
        withExtendedLifetime(subscriptions) {}
        let publishedSeconds = try await queue()
        try await drain(&report, publishedSeconds)
        // A new Session takes the place of the kept one, and ends.
        try await fleet(workload.subscribers, "s").run(rate: workload.connectRate, progress: progress) { () throws(Failure) in }
        return report
    }

    /// Should this process not live to end it, the broker does after an hour (MQTT 5.0).
    private static let kept = SessionLifetime.kept(seconds: 3_600)

    private func subscribe(_ fleet: Fleet) async throws(Failure) -> [MQTTSubscription] {
        do {
            var subscriptions: [MQTTSubscription] = []
            for client in fleet.clients {
                subscriptions.append(try await client.subscribe(to: [TopicSubscription("\(layout.root)/#", maximumQoS: workload.qos)]))
            }
            return subscriptions
        } catch {
            throw Self.failure(error)
        }
    }

    /// How many seconds it took.
    private func queue() async throws(Failure) -> Double {
        let publisher = fleet(1, "p") { $0.outbox = hoardOutbox }
        return try await publisher.run(rate: workload.connectRate, progress: progress) { () throws(Failure) in
            let client = publisher.clients[0]
            let start = MonotonicClock.now()
            try await publishHoard(with: client, as: "queueing") { number throws(MQTTClientError) in
                let stamp = MessageStamp(due: 0, stream: 0, sequence: UInt32(number))
                try await client.enqueue(stamp.payload(size: workload.size), to: "\(layout.root)/0", qos: workload.qos)
            }
            return Double(MonotonicClock.now() - start) / 1e9
        }
    }

    private func drain(_ report: inout BenchReport, _ publishedSeconds: Double) async throws(Failure) {
        let coming = fleet(workload.subscribers, "s") { $0.session = Self.kept }
        let deliveries = Deliveries(window: 0..<UInt64.max)
        let (start, first) = (MonotonicClock.now(), ProcessorUse.Reading())
        // Subscribed before they connect: what the Session has kept comes right behind CONNACK.
        try await hoarded(by: coming, into: deliveries, isOrdered: true) { () throws(Failure) in
            try await coming.run(rate: workload.connectRate, progress: progress) { () throws(Failure) in try await settle(deliveries) }
        }
        report.generator.use = ProcessorUse(from: first, to: ProcessorUse.Reading())
        report.connections = BenchReport.ConnectionFigures(coming, begin: start)
        report.connections.noteLosses(of: [coming])
        report.messages = hoardFigures(deliveries, since: "CONNECT", start: start, publishedSeconds: publishedSeconds)
    }
}
