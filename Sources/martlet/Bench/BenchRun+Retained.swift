import MQTTClient

extension BenchRun {
    /// Retained Messages wait, and every subscriber subscribes to all of them.
    func retainedStorm() async throws(Failure) -> BenchReport {
        var report = BenchReport(workload, configuration)
        let publisher = fleet(1, "p") { $0.outbox = hoardOutbox }
        let subscribers = fleet(workload.subscribers, "s")
        try await publisher.run(rate: workload.connectRate, progress: progress) { () throws(Failure) in
            let stored = MonotonicClock.now()
            try await retain(publisher.clients[0], size: workload.size)
            let publishedSeconds = Double(MonotonicClock.now() - stored) / 1e9
            let begin = MonotonicClock.now()
            try await subscribers.run(rate: workload.connectRate, progress: progress) { () throws(Failure) in
                report.connections = BenchReport.ConnectionFigures(subscribers, begin: begin)
                let (start, first, deliveries) = (MonotonicClock.now(), ProcessorUse.Reading(), Deliveries(window: 0..<UInt64.max))
                try await hoarded(by: subscribers, into: deliveries, isOrdered: false) { () throws(Failure) in
                    try await settle(deliveries)
                }
                report.generator.use = ProcessorUse(from: first, to: ProcessorUse.Reading())
                report.messages = hoardFigures(deliveries, since: "SUBSCRIBE", start: start, publishedSeconds: publishedSeconds)
                report.connections.noteLosses(of: [subscribers])
            }
            // An empty payload clears the topic [MQTT-3.3.1-6].
            try await retain(publisher.clients[0], size: 0)
        }
        return report
    }

    private func retain(_ client: MQTTClient, size: Int) async throws(Failure) {
        // Should this process not live to clear them, the broker does.
        let expiry = configuration.version == .v5 && size > 0 ? MessageProperties(expirySeconds: 3_600) : MessageProperties()
        try await publishHoard(with: client, as: size > 0 ? "retaining" : "clearing") { number throws(MQTTClientError) in
            let payload = size == 0 ? [] : MessageStamp(due: 0, stream: 0, sequence: UInt32(number)).payload(size: size)
            try await client.enqueue(payload, to: "\(layout.root)/\(number)", qos: workload.qos, retain: true, properties: expiry)
        }
    }
}
