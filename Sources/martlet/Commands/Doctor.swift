extension Command {
    static let doctor = Command(
        name: "doctor", summary: "look at what a broker has on disk: check it, compact it, repair it, carry it elsewhere",
        operand: Operand(name: "DIR", documentation: "the data directory of a broker that does not run"),
        options: [.queues, .queueOrder, .compact, .repair, .exportTo, .importFrom, .doctorJSON, .quiet],
        details: """
            Without an option it reads every row and says what is wrong, which is status 1, and then what is in the store: how
            much of the file is in use, sessions, subscriptions, retained and queued messages, the largest queues, and sessions
            with generated identifiers whose clients have been away for a day and will hardly come back.

            The file never shrinks by itself: what is deleted becomes room for what comes. --compact writes it anew; until the
            new file is on the disk the old one stays. --repair removes rows that cannot be read or refer to nothing, in one
            transaction, and says which; of a file that is itself damaged it saves the rows that can be reached and keeps the
            damaged file under a name with .damaged- and the time. --export and --import are also backup and restore.
            """,
        examples: [
            Example(line: "martlet doctor /var/lib/martletd", documentation: "is it sound, and what is in it?"),
            Example(line: "martlet doctor /var/lib/martletd --queues 50 --by age", documentation: "who has kept messages waiting longest"),
            Example(line: "martlet doctor /var/lib/martletd --json | jq .orphans", documentation: "for programs"),
            Example(line: "martlet doctor /var/lib/martletd --compact", documentation: "give back to the disk what is free in the file"),
            Example(line: "martlet doctor /var/lib/martletd --repair", documentation: "remove what makes no sense"),
            Example(line: "martlet doctor /var/lib/martletd --export backup.ndjson", documentation: "everything, a line of JSON a row"),
            Example(line: "martlet doctor /tmp/restored --import backup.ndjson", documentation: "and back, into a new directory"),
        ],
        takesConnection: false,
        run: { arguments async throws(Failure) in try await DoctorRun(arguments).run() })
}

extension Option {
    static let queues = Option(
        name: "--queues", value: .integer("N", 0...1_000_000), documentation: "list the N largest queues (default 10)")
    static let queueOrder = Option(
        name: "--by", value: .oneOf("ORDER", StoreReport.Order.allCases.map(\.rawValue)),
        documentation: "what is large: bytes (default), messages, or age of the oldest message")
    static let compact = Option(name: "--compact", documentation: "write the file anew, without what is free in it")
    static let repair = Option(name: "--repair", documentation: "remove what cannot be read or refers to nothing, and say what it was")
    static let exportTo = Option(
        name: "--export", value: .text("FILE"), documentation: "write everything as lines of JSON; -: to standard output")
    static let importFrom = Option(
        name: "--import", value: .text("FILE"), documentation: "make a store of such lines in a new or empty DIR; -: from standard input")
    static let doctorJSON = Option(name: "--json", documentation: "one line of JSON instead of words")
}
