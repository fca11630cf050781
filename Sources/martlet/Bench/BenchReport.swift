import MQTTClient

/// What a run has shown.
struct BenchReport: Sendable {
    let workload: Workload
    let server: ServerAddress
    let version: ClientVersion
    var connections = ConnectionFigures()
    /// Nil: no messages were part of it.
    var messages: MessageFigures?
    var generator = GeneratorFigures()

    struct ConnectionFigures: Sendable {
        var clients = 0
        var connected = 0
        /// From the first client's beginning until the last one was connected.
        var seconds = 0.0
        var failedAttempts = 0
        var lost = 0
        /// Of an attempt that failed, or a connection that was lost.
        var lastError: MQTTClientError?
        var times = LatencyHistogram()
    }

    struct MessageFigures: Sendable {
        /// From when the latency of a message counts.
        let since: String
        var published = 0
        var publishedSeconds = 0.0
        /// Not accepted by the publisher's client, because its outbox was full.
        var refused = 0
        /// Accepted, and neither sent (QoS 0) nor acknowledged (QoS 1 and 2) at the end.
        var unsent = 0
        /// What the published ones should become at all subscribers together.
        var expected = 0
        var delivered = 0
        var deliveredSeconds = 0.0
        var duplicates = 0
        var outOfOrder = 0
        var latency = LatencyHistogram()

        var lost: Int { max(0, expected - delivered) }
    }

    /// About the side that measures.
    struct GeneratorFigures: Sendable {
        var use = ProcessorUse()
        /// How late messages were handed to the clients of the publishers.
        var lag = LatencyHistogram()
        /// QoS 0 messages that came and were not read in time.
        var dropped = 0
    }

    init(_ workload: Workload, _ configuration: ClientConfiguration) {
        self.workload = workload
        server = configuration.servers[0]
        version = configuration.version
    }
}

extension BenchReport {
    /// What makes the figures doubtful, in words.
    var warnings: [String] {
        var warnings: [String] = []
        let lag = generator.lag.percentile(99)
        if lag > 5_000_000 {
            warnings.append("the generator was late: 1 message in 100 left \(Self.milliseconds(lag)) ms or more after its time")
        }
        let busy = generator.use.busiestThread + generator.use.starved
        if busy > 0.9 {
            warnings.append(
                "the generator was the bottleneck: its busiest thread ran \(Self.percent(generator.use.busiestThread)) of the time and "
                    + "waited for a processor \(Self.percent(generator.use.starved)); latencies are rather its own than the broker's")
        } else if generator.use.starved > 0.1 {
            warnings.append("the machine is busy: the generator waited for a processor \(Self.percent(generator.use.starved)) of the time")
        }
        if generator.dropped > 0 {
            warnings.append("\(Quantity.count(generator.dropped)) messages of QoS 0 reached this process and were not read in time")
        }
        guard let messages else { return warnings }
        if messages.refused > 0 {
            warnings.append("the broker fell behind: \(Quantity.count(messages.refused)) messages found the outbox of their publisher full")
        }
        if messages.unsent > 0 {
            warnings.append("\(Quantity.count(messages.unsent)) messages were not acknowledged at the end")
        }
        return warnings
    }

    /// Why the run counts as failed; nil: it does not.
    var failure: Failure? {
        if connections.connected < connections.clients {
            let missing = Quantity.count(connections.clients - connections.connected)
            return Failure(.failed, "\(missing) of \(Quantity.count(connections.clients)) clients were not connected")
        }
        guard let messages, messages.lost > 0, workload.qos > .atMostOnce else { return nil }
        let isHoard = workload.scenario == .retainedStorm || workload.scenario == .offlineDrain
        return Failure(
            .failed,
            "\(Quantity.count(messages.lost)) messages of QoS \(workload.qos.rawValue) did not arrive"
                + (isHoard ? "; how many it queues for a client is a setting of the broker (of mosquitto: max_queued_messages)" : ""))
    }

    /// Three digits that matter.
    static func milliseconds(_ nanoseconds: UInt64) -> String {
        let value = Double(nanoseconds) / 1e6
        return value < 100 ? Quantity.fixed(value, value < 1 ? 3 : value < 10 ? 2 : 1) : Quantity.count(Int(value.rounded()))
    }

    static func percent(_ part: Double) -> String { Quantity.fixed(part * 100, 0) + " %" }
}
