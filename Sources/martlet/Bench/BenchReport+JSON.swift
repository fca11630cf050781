extension BenchReport {
    /// One line for programs.
    var json: String {
        var object = JSONObject()
        object.add("scenario", workload.name)
        object.add("server", "\(server)")
        object.add("version", version == .v5 ? "5.0" : "3.1.1")
        object.addRaw("connections", connections.json)
        if let messages { object.addRaw("messages", json(messages)) }
        object.addRaw("generator", generator.json)
        object.addRaw("warnings", "[" + warnings.map(JSONObject.quoted).joined(separator: ",") + "]")
        return object.closed + "\n"
    }

    private func json(_ messages: MessageFigures) -> String {
        var object = JSONObject()
        object.add("qos", Int(workload.qos.rawValue))
        object.add("bytes", workload.size)
        object.add("published", messages.published)
        object.add("published_seconds", messages.publishedSeconds, decimals: 3)
        object.add("published_per_second", Self.rate(messages.published, messages.publishedSeconds), decimals: 1)
        object.add("refused", messages.refused)
        object.add("unsent", messages.unsent)
        object.add("expected", messages.expected)
        object.add("delivered", messages.delivered)
        object.add("delivered_seconds", messages.deliveredSeconds, decimals: 3)
        object.add("delivered_per_second", Self.rate(messages.delivered, messages.deliveredSeconds), decimals: 1)
        object.add("lost", messages.lost)
        object.add("duplicates", messages.duplicates)
        object.add("out_of_order", messages.outOfOrder)
        object.add("latency_since", messages.since)
        object.addRaw("latency_milliseconds", messages.latency.json)
        return object.closed
    }

    static func rate(_ number: Int, _ seconds: Double) -> Double { seconds > 0 ? Double(number) / seconds : 0 }
}

extension BenchReport.ConnectionFigures {
    fileprivate var json: String {
        var object = JSONObject()
        object.add("clients", clients)
        object.add("connected", connected)
        object.add("seconds", seconds, decimals: 3)
        object.add("failed_attempts", failedAttempts)
        object.add("lost", lost)
        if let lastError { object.add("last_error", "\(lastError)") }
        object.addRaw("connecting_milliseconds", times.json)
        return object.closed
    }
}

extension BenchReport.GeneratorFigures {
    fileprivate var json: String {
        var object = JSONObject()
        object.add("processors", use.processors, decimals: 3)
        object.add("busiest_thread", use.busiestThread, decimals: 3)
        object.add("starved", use.starved, decimals: 3)
        object.add("dropped", dropped)
        object.addRaw("lag_milliseconds", lag.json)
        return object.closed
    }
}

extension LatencyHistogram {
    /// `null`: nothing was measured.
    fileprivate var json: String {
        guard count > 0 else { return "null" }
        var object = JSONObject()
        for (name, percent) in BenchReport.percentiles { object.add(name, Double(percentile(percent)) / 1e6, decimals: 6) }
        return object.closed
    }
}
