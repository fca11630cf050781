import MQTTClient

extension Command {
    static let bench = Command(
        name: "bench", summary: "measure a broker under load: latency, throughput, loss, duplicates, order",
        operand: Operand(
            name: "SCENARIO", documentation: "such as p2p-1K-1K-1K-1K, or fanout with the options below (default p2p); --list shows them"),
        options: [
            .list, .publishers, .subscribers, .topics, .connections, .connectRate, .benchRate, .messages, .benchQoS, .size, .benchInFlight,
            .warmUp,
            .duration, .benchJSON,
        ],
        details: """
            Latency counts from the moment a message was due, not from when it could be sent, so that a broker that stalls is
            seen to (no coordinated omission); percentiles are exact to 1 %. What is due in the warm-up is not counted. A loss
            of QoS 1 or 2 messages ends with status 1. All clients are in this process: when it was itself the
            bottleneck, a warning says so.
            """,
        examples: [
            Example(line: "martlet bench fanout-1-1K-1-1K -h broker.local", documentation: "one feed for a thousand subscribers"),
            Example(
                line: "martlet bench p2p --publishers 10 --subscribers 10 --rate 5K --qos 0 --size 256 --duration 10",
                documentation: "ten pairs, 5,000 messages of 256 bytes a second"),
            Example(line: "martlet bench fanin --rate max --json", documentation: "as much as the broker takes, for a program"),
            Example(line: "martlet bench conn-tcp-10K-100 --duration 60", documentation: "ten thousand connections"),
        ],
        run: { arguments throws(Failure) in
            if arguments.has(.list) { return try Console.write(scenarioList) }
            let workload = try Workload(arguments)
            var configuration = try ConnectionOptions(arguments).configuration
            if arguments.has(.keepSession) { throw Failure(.wrongUsage, "-c: expected without; a benchmark leaves no Sessions behind") }
            if !arguments.has(.keepAlive) { configuration.keepAlive = .seconds(300) }
            let progress = ProgressLine(isQuiet: arguments.has(.quiet))
            let run = BenchRun(workload, configuration, progress: progress, isTalkative: arguments.has(.debug))
            let report = try await run.report()
            try Console.write(arguments.has(.benchJSON) ? report.json : report.table)
            if let failure = report.failure { throw failure }
        })

    private static var scenarioList: String {
        Scenario.allCases.map { scenario in
            let form = ([scenario.rawValue] + scenario.numbers).joined(separator: "-")
            return "\(form), such as \(scenario.example)\n    \(scenario.summary)\n"
        }.joined()
    }
}

extension Option {
    static let list = Option(name: "--list", documentation: "show the scenarios, and end")
    static let publishers = Option(name: "--publishers", value: .text("COUNT"), documentation: "clients that publish")
    static let subscribers = Option(name: "--subscribers", value: .text("COUNT"), documentation: "clients that subscribe")
    static let topics = Option(name: "--topics", value: .text("COUNT"), documentation: "topics")
    static let connections = Option(name: "--connections", value: .text("COUNT"), documentation: "of conn-tcp: clients")
    static let connectRate = Option(
        name: "--connect-rate", value: .text("COUNT"),
        documentation: "clients that begin to connect in a second (default 500; conn-tcp 100)")
    static let benchRate = Option(
        name: "--rate", value: .text("COUNT|max"),
        documentation: "messages published in a second, by all publishers together; max: as many as the broker takes")
    static let messages = Option(
        name: "--messages", value: .text("COUNT"),
        documentation: "end when so many are published; of retained-storm and offline-drain: how many")
    static let benchQoS = Option(name: "--qos", short: "-q", value: .integer("QOS", 0...2), documentation: "QoS both ways (default 1)")
    static let size = Option(name: "--size", value: .text("BYTES"), documentation: "of a payload, at least 16 (default 16)")
    static let benchInFlight = Option(
        name: "--inflight", value: .integer("COUNT", 1...65_000),
        documentation: "QoS 1 and 2 messages in flight, from each publisher (default 100) and to each subscriber (default 1024)")
    static let warmUp = Option(
        name: "--warm-up", value: .seconds, documentation: "before anything counts (default 3; with --messages 0)")
    static let duration = Option(name: "--duration", value: .seconds, documentation: "of what counts, or of staying connected (default 30)")
    static let benchJSON = Option(name: "--json", documentation: "one line of JSON instead of the table")
}

extension Workload {
    /// - Throws: what was expected
    init(_ arguments: Arguments) throws(Failure) {
        try self.init(name: arguments.operands.first ?? Scenario.pointToPoint.rawValue)
        if let count = try arguments.count(.publishers) { publishers = count }
        if let count = try arguments.count(.subscribers) { subscribers = count }
        if let count = try arguments.count(.topics) { chosenTopics = count }
        if let count = try arguments.count(.connections) { connections = count }
        if let count = try arguments.count(.connectRate) { connectRate = Double(count) }
        if let count = try arguments.count(.size) { size = count }
        if let count = try arguments.count(.messages) {
            messages = count
            warmUp = .zero
        }
        if arguments.text(.benchRate) == "max" {
            rate = .unlimited
        } else if let count = try arguments.count(.benchRate) {
            rate = .published(Double(count))
        }
        guard size >= MessageStamp.size else { throw Failure(.wrongUsage, "--size \(size): expected at least \(MessageStamp.size) bytes") }
        if arguments.has(.benchQoS) { qos = arguments.qos(.benchQoS) }
        if scenario == .offlineDrain, qos == .atMostOnce {
            throw Failure(.wrongUsage, "--qos 0: expected 1 or 2; brokers need not keep QoS 0 for a client that is away")
        }
        if let count = arguments.integer(.benchInFlight) { (inFlight, receiveMaximum) = (UInt16(count), UInt16(count)) }
        if let seconds = arguments.seconds(.warmUp) { warmUp = seconds }
        if let seconds = arguments.seconds(.duration) { duration = seconds }
    }
}

extension Arguments {
    /// Nil: it is not given.
    fileprivate func count(_ option: Option) throws(Failure) -> Int? {
        guard let text = text(option) else { return nil }
        guard let count = Count(text)?.value, count > 0 else {
            throw Failure(.wrongUsage, "\(option.name) \(text): expected a whole number above 0, such as 250, 1K or 2M")
        }
        return count
    }
}
