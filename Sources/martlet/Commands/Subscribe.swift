import MQTTClient

extension Command {
    static let subscribe = Command(
        name: "sub", summary: "receive messages",
        operand: Operand(name: "FILTER", documentation: "the same as -t", repeats: true),
        options: [.filters, .maximumQoS] + Option.output + [.statistics, .count, .wait] + Option.choosing + [
            .exitWhenSubscribed, .unsubscribe,
        ],
        details: """
            On a terminal messages are shown for people: JSON indented, binary payloads in hexadecimal, colours unless NO_COLOR is set. In a
            pipe each payload is a line, as with mosquitto_sub. After an interruption it connects again by itself, and says so.

            \(FormatField.documentation)
            """,
        examples: [
            Example(line: "martlet sub -t 'home/#'", documentation: "everything below home"),
            Example(line: "martlet sub mqtt://user@broker.example/home/+/temperature -v", documentation: "topic and payload, from a URL"),
            Example(line: "martlet sub -t '#' --stats", documentation: "which topics are how busy"),
            Example(line: "martlet sub -t 'home/#' --json | jq .payload", documentation: "for programs"),
            Example(line: "martlet sub -t home/door -C 1 -W 5", documentation: "one message, or exit status 4 after five seconds"),
            Example(line: "martlet sub -t 'home/#' -F '%I %-30t %p'", documentation: "a format of one's own"),
            Example(line: "martlet sub -t jobs -q 1 -c -i worker", documentation: "with a Session that the broker keeps meanwhile"),
            Example(line: "martlet sub -t 'old/#' --remove-retained --retained-only -W 2", documentation: "clear retained messages"),
        ],
        whenInterrupted: .done,
        run: { arguments async throws(Failure) in
            let options = try ConnectionOptions(arguments, packets: ["subscribe"])
            let subscriber = try Subscriber(arguments, options)
            let deadline = Deadline(within: arguments.seconds(.wait))
            try await Connection.run(options.configuration, notices: subscriber.notices, connectingUntil: deadline) { client in
                try await subscriber.receive(with: client, until: deadline)
            }
        })
}

extension Option {
    static let filters = Option(
        name: "--topic", short: "-t", value: .text("FILTER"), repeats: true,
        documentation: "a Topic Filter to subscribe to; several if wanted")
    static let maximumQoS = Option(
        name: "--qos", short: "-q", value: .integer("QOS", 0...2), documentation: "the greatest QoS wanted: 0 (default), 1 or 2")
    static let statistics = Option(
        name: "--stats",
        documentation: "no messages but how many, topic by topic, each second: a table, in a pipe lines, or with --json objects")
    static let count = Option(name: "--count", short: "-C", value: .integer("N", 1...Int.max), documentation: "end after so many messages")
    static let wait = Option(
        name: "--wait", short: "-W", value: .seconds,
        documentation:
            "end after so long; exit status 4 if it is not subscribed by then or, with -C, the messages have not come (mosquitto_sub: 27)")
    static let noRetained = Option(name: "--no-retained", short: "-R", documentation: "not the retained ones")
    static let retainedOnly = Option(name: "--retained-only", documentation: "only the retained ones; the first other one ends it")
    static let filterOut = Option(
        name: "--filter-out", short: "-T", value: .text("FILTER"), repeats: true, documentation: "not what matches this; several if wanted")
    static let retainAsPublished = Option(name: "--retain-as-published", documentation: "retained as its publisher said (MQTT 5)")
    static let noLocal = Option(name: "--no-local", documentation: "not what this client published itself (MQTT 5)")
    static let retainHandling = Option(
        name: "--retain-handling", value: .oneOf("WHEN", ["always", "new", "never"]),
        documentation: "send retained messages always (default), if the subscription is new, or never (MQTT 5)")
    static let removeRetained = Option(name: "--remove-retained", documentation: "clear each retained message that comes, at the broker")
    static let exitWhenSubscribed = Option(
        name: "--exit-when-subscribed", short: "-E", documentation: "end when subscribed; with -c the Session stays")
    static let unsubscribe = Option(
        name: "--unsubscribe", short: "-U", value: .text("FILTER"), repeats: true,
        documentation: "with -c: end this subscription of the Session; several if wanted")

    /// Which messages are wanted.
    static let choosing: [Option] = [
        .noRetained, .retainedOnly, .filterOut, .retainAsPublished, .noLocal, .retainHandling, .removeRetained,
    ]
}
