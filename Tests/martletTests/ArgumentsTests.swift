import Testing

@testable import martlet

@Suite("The command line of a command")
struct ArgumentsTests {
    private func read(_ line: String, of command: Command) throws -> Arguments {
        try Arguments(line.split(separator: " ").map(String.init), of: command)
    }

    @Test("Letters, long names, other long names and = are the same option")
    func names() throws {
        for line in ["-u me", "--username me", "--user me", "--username=me"] {
            #expect(try read(line, of: .publish).text(.userName) == "me")
        }
    }

    @Test("A value may look like an option, and hold an equals sign")
    func values() throws {
        let arguments = try read("-m -5 -t a=b --will-payload=x=y --will-topic w", of: .publish)
        #expect(arguments.text(.message) == "-5")
        #expect(arguments.text(.topic) == "a=b")
        #expect(arguments.text(.willPayload) == "x=y")
    }

    @Test("Filters add up; the words behind -- are operands, whatever they look like; a URL is one by its ://")
    func operands() throws {
        let arguments = try read("-t a -t b c mqtt://h/t -- -d", of: .subscribe)
        #expect(arguments.texts(.filters) == ["a", "b"])
        #expect(arguments.operands == ["c", "-d"])
        #expect(arguments.url == "mqtt://h/t")
    }

    @Test("A property takes three words, a User Property four")
    func properties() throws {
        let arguments = try read("-D publish user-property a b -D connect user-property c d -D will content-type e -m x", of: .publish)
        #expect(
            arguments.properties(.property) == [
                ["publish", "user-property", "a", "b"], ["connect", "user-property", "c", "d"], ["will", "content-type", "e"],
            ])
        #expect(arguments.text(.message) == "x")
    }

    @Test(
        "What is wrong is named, with a hint, everything at once",
        arguments: [
            ("--mesage x", ["--mesage: unknown option; did you mean --message?"]),
            ("--zzzzzzzz", ["--zzzzzzzz: unknown option; martlet pub --help names them all"]),
            ("-p", ["-p: expected a value: -p PORT"]), ("-p 0", ["-p 0: expected a whole number from 1 to 65535"]),
            ("-q 3", ["-q 3: expected a whole number from 0 to 2"]),
            ("--repeat-delay x", ["--repeat-delay x: expected seconds, such as 5 or 0.5"]),
            ("--repeat-delay nan", ["--repeat-delay nan: expected seconds, such as 5 or 0.5"]),
            ("-V 31", ["-V 31: expected 5, mqttv5, 311, 3.1.1, mqttv311"]),
            ("-r=1", ["-r=1: unknown option; martlet pub --help names them all"]),
            ("--retain=1", ["--retain: expected no value"]), ("-t a -t b", ["-t: expected once, found twice"]),
            ("a b", ["b: expected an option; only one TOPIC"]), ("mqtt://a mqtt://b", ["mqtt://b: expected one URL, found two"]),
            ("-D publish content-type", ["-D: expected PACKET PROPERTY VALUE, or PACKET user-property NAME VALUE"]),
            ("--cafile x", ["--cafile: this build speaks mqtt:// only, without TLS and WebSocket"]),
            ("--hots x -q 9", ["--hots: unknown option; did you mean --host?", "-q 9: expected a whole number from 0 to 2"]),
        ])
    func problems(line: String, messages: [String]) {
        #expect(throws: UsageError(command: "pub", problems: messages)) { try read(line, of: .publish) }
    }

    @Test("Every letter and name belongs to one option of a command", arguments: Command.all.map(\.name))
    func unique(name: String) throws {
        let command = try #require(Command.all.first { $0.name == name })
        let names = command.everyOption.flatMap { [$0.name] + $0.aliases + [$0.short].compactMap { $0 } }
        #expect(names.count == Set(names).count)
    }
}
