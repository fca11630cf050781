import Broker
import Testing

@testable import martletd

@Suite struct ArgumentsTests {
    @Test("Nothing said means: run with the defaults")
    func empty() throws {
        let arguments = try Arguments([])
        #expect(arguments.task == .run)
        #expect(arguments.file == nil)
        #expect(arguments.overrides.isEmpty)
    }

    @Test("Flags become overrides of keys, in both ways of writing a value")
    func overrides() throws {
        let expected: [ConfigurationOverride] = [
            .init(flag: "--port", key: "listener.port", value: "1884"),
            .init(flag: "--bind", key: "listener.address", value: "::"),
            .init(flag: "--anonymous", key: "listener.anonymous", value: "true"),
            .init(flag: "--loops", key: "loops", value: "2"),
            .init(flag: "--log-level", key: "log.level", value: "debug"),
            .init(flag: "--log-format", key: "log.format", value: "json"),
            .init(flag: "--no-data", key: "persistence.directory", value: ""),
        ]
        let line = "-p 1884 --bind=:: --anonymous --loops 2 --log-level=debug --log-format json --no-data -c a.toml"
        let arguments = try Arguments(line.split(separator: " ").map(String.init))
        #expect(arguments.overrides == expected)
        #expect(arguments.file == "a.toml")
        #expect(throws: Never.self) {
            try EffectiveConfiguration(overrides: arguments.overrides)
        }
    }

    @Test(
        "The tasks that end at once",
        arguments: [
            ("--check-config", Arguments.Task.checkConfiguration), ("--print-config", .printConfiguration(json: false)),
            ("--print-config --json", .printConfiguration(json: true)), ("--json --print-config", .printConfiguration(json: true)),
            ("--version", .version), ("--help", .help), ("-h", .help), ("--nonsense --help", .help),
        ])
    func tasks(line: String, task: Arguments.Task) throws {
        #expect(try Arguments(line.split(separator: " ").map(String.init)).task == task)
    }

    @Test(
        "What is wrong is named, with a hint",
        arguments: [
            ("--prot 1", ["--prot: unknown flag; did you mean --port?", "1: expected a flag; martletd takes nothing else"]),
            ("--zzzzzzzz", ["--zzzzzzzz: unknown flag; martletd --help names them all"]),
            ("--port", ["--port: expected a value: --port N"]), ("--port=", ["--port: expected a value: --port N"]),
            ("--port --bind ::1", ["--port: expected a value: --port N"]),
            ("--port 1 -p 2", ["--port: expected once, found twice", "2: expected a flag; martletd takes nothing else"]),
            ("--no-data=1", ["--no-data: expected no value"]), ("--json", ["--json: expected together with --print-config"]),
            ("--check-config --print-config", ["expected one of --check-config and --print-config, found both"]),
            ("--check-config --version", ["expected one of --check-config and --version, found both"]),
        ])
    func problems(line: String, messages: [String]) {
        #expect(throws: ArgumentsError(problems: messages)) { try Arguments(line.split(separator: " ").map(String.init)) }
    }

    @Test("Every flag is in the help")
    func help() {
        for flag in Flag.all { #expect(Flag.help.contains(flag.name + (flag.value.map { " " + $0 } ?? ""))) }
    }
}
