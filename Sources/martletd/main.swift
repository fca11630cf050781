import Broker
import Glibc

/// In one call, so that a terminal shows it in one piece.
func say(_ text: String, on descriptor: Int32) {
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
}

func complain(_ problem: String) { say("martletd: \(problem)\n", on: STDERR_FILENO) }

/// Says what is wrong, one line each, and ends with status 2.
func refuse(_ problems: [String]) -> Never {
    problems.forEach(complain)
    exit(2)
}

func readArguments() -> Arguments {
    do {
        return try Arguments(CommandLine.arguments.dropFirst())
    } catch {
        refuse(error.problems)
    }
}

func readConfiguration(_ arguments: Arguments) -> EffectiveConfiguration {
    do {
        return try EffectiveConfiguration(file: arguments.file, overrides: arguments.overrides)
    } catch {
        refuse(error.problems.map(\.description))
    }
}

/// Runs the broker until a signal ends it; the answer is the exit status.
func run(_ configuration: BrokerConfiguration, _ arguments: Arguments) -> Int32 {
    let log = LogWriter(configuration: configuration.log)
    defer { log.close() }
    do {
        let broker = try Broker(configuration: configuration, log: log)
        // Before the first line of the log, which has a thread of its own.
        say(StartupBanner.text(configuration, ports: broker.ports), on: STDOUT_FILENO)
        return broker.run { () throws(ConfigurationError) in
            try EffectiveConfiguration(file: arguments.file, overrides: arguments.overrides).configuration
        }
    } catch {
        complain("\(error)")
        return 1
    }
}

let arguments = readArguments()
switch arguments.task {
case .help: print(Flag.help, terminator: "")
case .version: print("martletd \(BrokerVersion.text)")
case .checkConfiguration:
    _ = readConfiguration(arguments)
    print("\(arguments.file ?? "the command line"): no errors")
case .printConfiguration(let json):
    let listing = ConfigurationListing(readConfiguration(arguments))
    print(json ? listing.json : listing.text, terminator: "")
case .run: exit(run(readConfiguration(arguments).configuration, arguments))
}
