import MQTTClient

extension Command {
    static let request = Command(
        name: "request", summary: "ask, and print the answer",
        operand: Operand(name: "TOPIC", documentation: "the same as -t"),
        options: [.topic, .message, .file, .wholeInput, .empty, .requestQoS, .requestWait] + Option.output,
        details: """
            The request carries a Response Topic and Correlation Data (MQTT 5).

            \(FormatField.documentation)
            """,
        examples: [
            Example(line: "martlet request clock/now -n", documentation: "ask martlet respond -t clock/now --exec date"),
            Example(
                line: "martlet request calculator/sum -m '[1,2]' -W 2 --json",
                documentation: "the answer as JSON; exit status 4 after two seconds"),
        ],
        run: { arguments async throws(Failure) in
            let options = try ConnectionOptions(arguments, packets: ["publish"])
            let topic = try arguments.onlyTopic(options)
            let format = try MessageFormat(arguments)
            let payload = try await PayloadSource(arguments, of: [.message, .file, .wholeInput, .empty]).contents()
            var configuration = options.configuration
            guard configuration.version == .v5 else {
                throw Failure(.wrongUsage, "request: expected without -V 311, which has no Response Topic")
            }
            configuration.reconnection.maximumAttempts = 6
            let notices = ConnectionNotices(arguments)
            let deadline = Deadline(within: arguments.seconds(.requestWait) ?? .seconds(10))
            let response = try await Connection.run(configuration, notices: notices, connectingUntil: deadline) { client in
                do {
                    return Delivery(
                        try await client.request(
                            payload, to: topic, qos: arguments.qos(.requestQoS), timeout: deadline.left ?? .zero,
                            properties: options.properties.publish),
                        at: .now)
                } catch MQTTClientError.timedOut {
                    throw Failure(.timedOut, "no answer from \(topic) in \(deadline.words): is anybody responding there?")
                }
            }
            try Console.write(format.bytes(response))
        })
}

extension Option {
    static let requestQoS = Option(
        name: "--qos", short: "-q", value: .integer("QOS", 0...2), documentation: "of the request: 0 (default), 1 or 2")
    static let requestWait = Option(
        name: "--wait", short: "-W", value: .seconds, documentation: "wait so long for the answer, connecting included (default 10)")
}
