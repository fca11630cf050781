/// One flag of the command line; reading, hints and `--help` come from the list of these.
struct Flag {
    enum Meaning {
        case task(Arguments.Task)
        case file
        /// Its value is that of a key of the configuration.
        case sets(key: String)
        /// It stands for one value of a key.
        case says(key: String, value: String)
        /// Accepted: what it asks for is so anyway, or another flag looks for it.
        case nothing
    }

    let name: String
    var short: String?
    /// What `--help` calls its value.
    var value: String?
    let meaning: Meaning
    let documentation: String

    var isTask: Bool { if case .task = meaning { true } else { false } }

    static let all: [Flag] = [
        Flag(name: "--config", short: "-c", value: "FILE", meaning: .file, documentation: "read this TOML file; SIGHUP reads it again"),
        Flag(
            name: "--port", short: "-p", value: "N", meaning: .sets(key: "listener.port"),
            documentation: "listen on this port (default 1883; 0: a free one)"),
        Flag(
            name: "--bind", value: "ADDRESS", meaning: .sets(key: "listener.address"),
            documentation: "listen on this address (default 127.0.0.1)"),
        Flag(
            name: "--anonymous", meaning: .says(key: "listener.anonymous", value: "true"),
            documentation: "let clients in that bring no identity, whatever the address"),
        Flag(
            name: "--loops", value: "N", meaning: .sets(key: "loops"),
            documentation: "use this many event loops (default: one for each processor)"),
        Flag(
            name: "--data", value: "DIR", meaning: .sets(key: "persistence.directory"),
            documentation: "keep sessions and messages in this directory, which is made if need be"),
        Flag(
            name: "--no-data", meaning: .says(key: "persistence.directory", value: ""),
            documentation: "keep nothing on disk, whatever the file says"),
        Flag(
            name: "--durability", value: "MODE", meaning: .sets(key: "persistence.durability"),
            documentation: "strict (default), relaxed or none: what an acknowledgement promises"),
        Flag(
            name: "--log-level", value: "LEVEL", meaning: .sets(key: "log.level"),
            documentation: "error, warning, notice (default), info or debug"),
        Flag(
            name: "--log-format", value: "FORMAT", meaning: .sets(key: "log.format"),
            documentation: "text, json or auto (default: text on a terminal)"),
        Flag(
            name: "--check-config", meaning: .task(.checkConfiguration), documentation: "say what is wrong with the configuration, and end"),
        Flag(
            name: "--print-config", meaning: .task(.printConfiguration(json: false)),
            documentation: "print every effective value with its origin, and end"),
        Flag(name: "--json", meaning: .nothing, documentation: "with --print-config: print JSON"),
        Flag(name: "--version", meaning: .task(.version), documentation: "print the version, and end"),
        Flag(name: "--help", short: "-h", meaning: .task(.help), documentation: "print this, and end"),
    ]

    /// The text of `--help`.
    static var help: String {
        let rows = all.map { flag in
            ["  " + (flag.short.map { $0 + ", " } ?? "    ") + flag.name + (flag.value.map { " " + $0 } ?? ""), flag.documentation]
        }
        let width = rows.map { $0[0].count }.max() ?? 0
        let flags = rows.map { $0[0] + String(repeating: " ", count: width + 2 - $0[0].count) + $0[1] + "\n" }.joined()
        return """
            martletd: an MQTT broker (5.0, 3.1.1 and 3.1)

            martletd [FLAG ...]

            \(flags)
            Without flags it listens on 127.0.0.1:1883, for anyone on this machine. The command line wins over the file, the
            file over the defaults. --port, --bind and --anonymous change the only listener; a file with several says it itself.

            Examples:
              martletd                                   try it; then: mosquitto_sub -t hello -v
              martletd --port 1884 --log-level debug     another port, and see what happens
              martletd --bind 0.0.0.0 --anonymous        open to everyone who reaches this machine
              martletd --data /var/lib/martlet           what is acknowledged survives kill -9 and power loss
              martletd --config martletd.toml --check-config

            SIGHUP reads the file again; SIGTERM and SIGINT say goodbye to every client. Exit status: 0 stopped as asked,
            1 failed while starting or running, 2 a wrong command line or configuration.

            """
    }
}
