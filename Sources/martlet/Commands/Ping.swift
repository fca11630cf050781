import MQTTClient

extension Command {
    static let ping = Command(
        name: "ping", summary: "measure how long the broker takes to answer",
        operand: Operand(name: "HOST", documentation: "the same as -h"),
        options: [.pings, .interval, .pingWait, .pingJSON],
        examples: [
            Example(line: "martlet ping broker.example -C 3", documentation: "three round trips of PINGREQ and PINGRESP"),
            Example(line: "martlet ping -C 1 -W 1 --quiet", documentation: "is the broker alive? The exit status says"),
            Example(line: "martlet ping --json --interval 10", documentation: "for programs, until Ctrl-C"),
        ],
        whenInterrupted: .done,
        run: { arguments async throws(Failure) in
            var configuration = try ConnectionOptions(arguments).configuration
            if let host = arguments.operands.first {
                if arguments.has(.host) || arguments.has(.url) || arguments.url != nil {
                    throw Failure(.wrongUsage, "expected one host, found two")
                }
                configuration.servers[0].host = host
            }
            configuration.pingTimeout = arguments.seconds(.pingWait) ?? configuration.pingTimeout
            let pinger = Pinger(arguments, server: configuration.servers[0])
            let began = ContinuousClock.now
            let notices = ConnectionNotices(arguments)
            let deadline = Deadline(within: arguments.seconds(.pingWait))
            try await Connection.run(configuration, notices: notices, connectingUntil: deadline) { client in
                try await pinger.ping(client, connectedIn: began.duration(to: .now))
            }
        })
}

extension Option {
    static let pings = Option(
        name: "--count", short: "-C", value: .integer("N", 1...Int.max), documentation: "end after so many (default: Ctrl-C)")
    static let interval = Option(name: "--interval", value: .seconds, documentation: "between one and the next (default 1)")
    static let pingWait = Option(name: "--wait", short: "-W", value: .seconds, documentation: "wait so long for an answer (default 10)")
    static let pingJSON = Option(name: "--json", documentation: "a JSON object a line; the last one is the summary")
}
