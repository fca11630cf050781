import MQTTClient

extension Command {
    static let publish = Command(
        name: "pub", summary: "publish messages",
        operand: Operand(name: "TOPIC", documentation: "the same as -t"),
        options: [
            .topic, .message, .file, .wholeInput, .lines, .empty, .qos, .retain, .repeatCount, .repeatDelay, .rate, .inFlight,
        ],
        examples: [
            Example(line: "martlet pub -t home/kitchen/temperature -m 21.5", documentation: "one message to localhost"),
            Example(
                line: "martlet pub mqtt://sensor@broker.example/home/door -m open -q 1 -r",
                documentation: "acknowledged and retained, to a URL"),
            Example(line: "martlet pub -t log -l --rate 100 < lines.txt", documentation: "each line a message, a hundred a second"),
            Example(line: "martlet pub -t load -m x --repeat 100000 -q 1", documentation: "many, with a progress bar"),
            Example(
                line: "martlet pub -t t -m '{\"a\":1}' -D publish content-type application/json -D publish user-property unit C",
                documentation: "with properties of MQTT 5"),
            Example(line: "martlet pub -t home/door -n -r", documentation: "clear a retained message"),
        ],
        run: { arguments async throws(Failure) in
            let options = try ConnectionOptions(arguments, packets: ["publish"])
            let publisher = try await Publisher(arguments, options)
            var configuration = options.configuration
            configuration.inFlight = UInt16(arguments.integer(.inFlight) ?? Int(configuration.inFlight))
            // A message may be larger than everything an outbox holds by default.
            configuration.outbox.bytes = max(configuration.outbox.bytes, 4 * 268_435_456)
            configuration.reconnection.maximumAttempts = 6
            try await Connection.run(configuration, notices: ConnectionNotices(arguments)) { client in
                try await publisher.publish(with: client)
            }
        })
}

extension Option {
    static let topic = Option(name: "--topic", short: "-t", value: .text("TOPIC"), documentation: "the Topic Name to publish to")
    static let qos = Option(name: "--qos", short: "-q", value: .integer("QOS", 0...2), documentation: "0 (default), 1 or 2")
    static let retain = Option(name: "--retain", short: "-r", documentation: "have the broker retain the message")
    static let repeatCount = Option(
        name: "--repeat", value: .integer("N", 1...1_000_000_000), documentation: "publish the message this many times")
    static let repeatDelay = Option(name: "--repeat-delay", value: .seconds, documentation: "with --repeat: wait so long between")
    static let rate = Option(
        name: "--rate", value: .integer("N", 1...10_000_000), documentation: "with --repeat and -l: so many messages a second")
    static let inFlight = Option(
        name: "--max-inflight", short: "-M", value: .integer("N", 1...65_000),
        documentation: "messages of QoS 1 and 2 under way at once (default 1024)")
}
