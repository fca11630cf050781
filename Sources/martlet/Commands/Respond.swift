import MQTTClient

extension Command {
    static let respond = Command(
        name: "respond", summary: "answer requests",
        operand: Operand(name: "FILTER", documentation: "the same as -t"),
        options: [.respondFilter, .execute, .answer, .echo, .maximumQoS],
        details: """
            Requests are answered one after the other, at the Response Topic they name; without one they are passed over. What --exec writes to
            standard output is the answer, whatever its exit status; another status than 0 is told on standard error.
            """,
        examples: [
            Example(line: "martlet respond -t clock/now --exec date", documentation: "the time, by martlet request clock/now -n"),
            Example(
                line: "martlet respond -t 'sum/+' --exec 'jq add'",
                documentation: "the request comes on standard input, its topic in MARTLET_TOPIC"),
            Example(line: "martlet respond -t ready -m yes", documentation: "always the same"),
            Example(line: "martlet respond -t 'echo/#' --echo -q 1", documentation: "what was asked"),
        ],
        whenInterrupted: .done,
        run: { arguments async throws(Failure) in
            let options = try ConnectionOptions(arguments)
            guard options.configuration.version == .v5 else {
                throw Failure(.wrongUsage, "respond: expected without -V 311, which has no Response Topic")
            }
            let filter = try arguments.onlyTopic(options)
            let answer = try Answer(arguments)
            let notices = ConnectionNotices(arguments)
            try await Connection.run(options.configuration, notices: notices) { client in
                try await client.respond(on: filter, qos: arguments.qos(.maximumQoS)) { request in
                    notices.debug("request on \(PlainText.escaped(request.topic)), \(request.payload.count) bytes")
                    return await answer.payload(for: request, notices)
                }
                try Task.checkCancellation()
            }
        })
}

/// How a request is answered.
enum Answer: Equatable {
    case command(String)
    case constant([UInt8])
    case echo

    init(_ arguments: Arguments) throws(Failure) {
        switch (arguments.text(.execute), arguments.text(.answer), arguments.has(.echo)) {
        case (let command?, nil, false): self = .command(command)
        case (nil, let text?, false): self = .constant(Array(text.utf8))
        case (nil, nil, true): self = .echo
        default: throw Failure(.wrongUsage, "expected one of --exec, -m and --echo")
        }
    }

    func payload(for request: MQTTMessage, _ notices: ConnectionNotices) async -> [UInt8] {
        switch self {
        case .constant(let bytes): return bytes
        case .echo: return request.payload
        case .command(let command):
            let payload = request.payload
            let environment = ["MARTLET_TOPIC": request.topic]
            let ended = await Blocking.run { ShellCommand.run(command, input: payload, environment: environment) }
            if let problem = ended?.problem { notices.warn("\(command): \(problem)") }
            return ended?.output ?? []
        }
    }
}

extension Option {
    static let respondFilter = Option(
        name: "--topic", short: "-t", value: .text("FILTER"), documentation: "the Topic Filter of the requests")
    static let execute = Option(
        name: "--exec", value: .text("COMMAND"), documentation: "run this in a shell for each request, which comes on its standard input")
    static let answer = Option(name: "--message", short: "-m", value: .text("TEXT"), documentation: "answer with this text")
    static let echo = Option(name: "--echo", documentation: "answer with the request")
}
