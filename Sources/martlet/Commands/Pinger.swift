import MQTTClient

/// Round trips of PINGREQ and PINGRESP, as ping(8) does them.
struct Pinger: Sendable {
    private let server: ServerAddress
    private let count: Int
    private let interval: Duration
    private let isJSON: Bool

    init(_ arguments: Arguments, server: ServerAddress) {
        self.server = server
        count = arguments.integer(.pings) ?? .max
        interval = arguments.seconds(.interval) ?? .seconds(1)
        isJSON = arguments.has(.pingJSON)
    }

    /// Until the count is reached or the task is cancelled; then the summary.
    func ping(_ client: MQTTClient, connectedIn connecting: Duration) async throws {
        if !isJSON { try Console.write("connected to \(server) in \(Quantity.milliseconds(connecting)) ms\n") }
        var figures = PingFigures()
        do {
            let began = ContinuousClock.now
            while figures.sent < count {
                if figures.sent > 0 { try await Task.sleep(until: began + interval * figures.sent, clock: .continuous) }
                let time = try await roundTrip(client)
                figures.add(time)
                try Console.write(line(figures.sent, time))
            }
        } catch is CancellationError {
        } catch MQTTClientError.cancelled {}
        if figures.sent > 0 { try Console.write(isJSON ? figures.json : figures.text) }
        if figures.answered < figures.sent {
            throw Failure(.timedOut, "\(figures.sent - figures.answered) of \(figures.sent) were not answered")
        }
        try Task.checkCancellation()
    }

    /// nil: not answered.
    private func roundTrip(_ client: MQTTClient) async throws(MQTTClientError) -> Duration? {
        do {
            return try await client.ping()
        } catch {
            guard error == .timedOut || error == .connectionLost else { throw error }
            return nil
        }
    }

    private func line(_ number: Int, _ time: Duration?) -> String {
        guard isJSON else { return "\(number): " + (time.map { Quantity.milliseconds($0) + " ms" } ?? "no answer") + "\n" }
        var object = JSONObject()
        object.add("time", Timestamp.now.utc)
        object.add("sequence", number)
        if let time { object.add("milliseconds", time / .milliseconds(1), decimals: 3) } else { object.addRaw("milliseconds", "null") }
        return object.closed + "\n"
    }
}

/// What many round trips come to.
struct PingFigures: Equatable {
    private(set) var sent = 0
    private(set) var answered = 0
    private var least = Duration.zero
    private var greatest = Duration.zero
    private var sum = Duration.zero

    /// - Parameter time: nil: it was not answered
    mutating func add(_ time: Duration?) {
        sent += 1
        guard let time else { return }
        least = answered == 0 ? time : min(least, time)
        greatest = max(greatest, time)
        sum += time
        answered += 1
    }

    private var mean: Duration { answered == 0 ? .zero : sum / answered }

    var text: String {
        let counted = "\(sent) sent, \(answered) answered"
        if answered == 0 { return counted + "\n" }
        return counted + "; min/avg/max \([least, mean, greatest].map(Quantity.milliseconds).joined(separator: "/")) ms\n"
    }

    var json: String {
        var object = JSONObject()
        object.add("sent", sent)
        object.add("answered", answered)
        if answered > 0 {
            for (name, time) in [("min", least), ("avg", mean), ("max", greatest)] {
                object.add("\(name)_milliseconds", time / .milliseconds(1), decimals: 3)
            }
        }
        return object.closed + "\n"
    }
}
