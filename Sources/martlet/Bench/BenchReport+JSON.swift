extension BenchReport {
    /// One line for programs; times in milliseconds unless the name says otherwise.
    var json: String {
        var members = [
            ("scenario", Self.quoted(workload.name)), ("server", Self.quoted("\(server)")),
            ("version", version == .v5 ? "\"5.0\"" : "\"3.1.1\""),
            (
                "connections",
                Self.object([
                    ("clients", "\(connections.clients)"), ("connected", "\(connections.connected)"),
                    ("seconds", Self.number(connections.seconds)), ("failedAttempts", "\(connections.failedAttempts)"),
                    ("lost", "\(connections.lost)"), ("times", Self.object(connections.times)),
                ])
            ),
        ]
        if let messages { members.append(("messages", object(messages))) }
        members.append(
            (
                "generator",
                Self.object([
                    ("processors", Self.number(generator.use.processors)), ("busiestThread", Self.number(generator.use.busiestThread)),
                    ("starved", Self.number(generator.use.starved)), ("dropped", "\(generator.dropped)"),
                    ("lag", Self.object(generator.lag)),
                ])
            ))
        members.append(("warnings", "[" + warnings.map(Self.quoted).joined(separator: ",") + "]"))
        return Self.object(members) + "\n"
    }

    private func object(_ messages: MessageFigures) -> String {
        Self.object([
            ("qos", "\(workload.qos.rawValue)"), ("bytes", "\(workload.size)"),
            ("published", "\(messages.published)"), ("publishedPerSecond", Self.rate(messages.published, messages.publishedSeconds)),
            ("refused", "\(messages.refused)"), ("unsent", "\(messages.unsent)"),
            ("expected", "\(messages.expected)"), ("delivered", "\(messages.delivered)"),
            ("deliveredPerSecond", Self.rate(messages.delivered, messages.deliveredSeconds)),
            ("seconds", Self.number(messages.deliveredSeconds)), ("lost", "\(messages.lost)"),
            ("duplicates", "\(messages.duplicates)"), ("outOfOrder", "\(messages.outOfOrder)"),
            ("since", Self.quoted(messages.since)), ("latency", Self.object(messages.latency)),
        ])
    }

    private static func object(_ histogram: LatencyHistogram) -> String {
        object(percentiles.map { ($0.name, number(Double(histogram.percentile($0.percent)) / 1e6)) })
    }

    private static func object(_ members: [(name: String, value: String)]) -> String {
        "{" + members.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    private static func rate(_ number: Int, _ seconds: Double) -> String { Self.number(seconds > 0 ? Double(number) / seconds : 0) }

    /// To six digits behind the point.
    private static func number(_ value: Double) -> String { "\((value * 1e6).rounded() / 1e6)" }

    private static func quoted(_ text: String) -> String {
        "\""
            + text.unicodeScalars.map { scalar in
                switch scalar {
                case "\"", "\\": "\\\(scalar)"
                case "\u{0}"..<" ": "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                default: String(scalar)
                }
            }.joined() + "\""
    }
}
