extension BenchReport {
    /// For people.
    var table: String {
        var lines = [heading, ""]
        let clients = "\(Quantity.count(connections.connected)) client" + (connections.connected == 1 ? "" : "s")
        lines.append(row("connected", "\(clients) in \(Self.time(connections.seconds))"))
        lines += counted([("failed attempts", connections.failedAttempts), ("connections lost", connections.lost)])
        if let error = connections.lastError { lines.append(row("", "\(error)")) }
        if let messages {
            lines.append(row("published", Self.amount(messages.published, messages.publishedSeconds)))
            lines.append(row("delivered", Self.amount(messages.delivered, messages.deliveredSeconds)))
            lines.append(
                row(
                    "lost",
                    "\(Quantity.count(messages.lost))   duplicates \(Quantity.count(messages.duplicates))   out of order "
                        + Quantity.count(messages.outOfOrder)))
        }
        lines += ["", columns("ms", Self.percentiles.map(\.name))]
        lines.append(latencies("connecting", connections.times))
        if let messages { lines.append(latencies("since \(messages.since)", messages.latency)) }
        if generator.lag.count > 0 { lines.append(latencies("schedule lag", generator.lag)) }
        lines += [
            "",
            row(
                "generator",
                "\(Quantity.fixed(generator.use.processors, 2)) processors, busiest thread "
                    + Self.percent(generator.use.busiestThread)),
        ]
        return (lines + warnings.map { "warning: \($0)" }).joined(separator: "\n") + "\n"
    }

    static let percentiles: [(name: String, percent: Double)] =
        [("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100)]

    private var heading: String {
        let protocolName = version == .v5 ? "MQTT 5.0" : "MQTT 3.1.1"
        let message = messages == nil ? "" : ", QoS \(workload.qos.rawValue), \(Quantity.count(workload.size)) bytes"
        return "\(workload.name) at \(server), \(protocolName)\(message)"
    }

    private func row(_ name: String, _ text: String) -> String { "  " + Self.padded(name, 20) + text }

    private func counted(_ rows: [(name: String, number: Int)]) -> [String] {
        rows.filter { $0.number > 0 }.map { row($0.name, Quantity.count($0.number)) }
    }

    private func latencies(_ name: String, _ histogram: LatencyHistogram) -> String {
        columns(name, Self.percentiles.map { histogram.count == 0 ? "-" : Self.milliseconds(histogram.percentile($0.percent)) })
    }

    private func columns(_ name: String, _ values: [String]) -> String {
        "  " + Self.padded(name, 20) + values.map { String(repeating: " ", count: max(1, 9 - $0.count)) + $0 }.joined()
    }

    private static func amount(_ number: Int, _ seconds: Double) -> String {
        guard seconds > 0 else { return Quantity.count(number) }
        return "\(Quantity.count(number)) in \(time(seconds)), \(Quantity.rate(rate(number, seconds))) a second"
    }

    private static func time(_ seconds: Double) -> String {
        seconds < 1 ? milliseconds(UInt64(seconds * 1e9)) + " ms" : Quantity.fixed(seconds, 1) + " s"
    }

    private static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
}
