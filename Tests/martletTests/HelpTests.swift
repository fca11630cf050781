import Testing

@testable import martlet

@Suite("--help")
struct HelpTests {
    @Test(
        "Every option of every table stands in the help of its command, with its letter, its value and words about it",
        arguments: Command.all.map(\.name))
    func options(name: String) throws {
        let command = try #require(Command.all.first { $0.name == name })
        let help = Help.text(command)
        for option in command.everyOption where !option.isRefused {
            let row = (option.short.map { $0 + ", " } ?? "") + option.name + (option.value.name.map { " " + $0 } ?? "")
            #expect(help.contains(row), "\(row)")
            #expect(!option.documentation.isEmpty, "\(option.name)")
        }
        #expect(!command.examples.isEmpty)
        for example in command.examples { #expect(help.contains(example.line) && !example.documentation.isEmpty) }
    }

    @Test("Every example of the help is a command line that is understood", arguments: Command.all.flatMap { $0.examples.map(\.line) })
    func examples(line: String) throws {
        let words = shellWords(line.split(separator: "|")[0].split(separator: "<")[0])
        #expect(words.first == "martlet")
        guard case .run = try Martlet.Task(Array(words.dropFirst())) else {
            Issue.record("\(line) runs nothing")
            return
        }
    }

    @Test("The overview names every command, every exit status and every variable of the environment")
    func overview() {
        for command in Command.all { #expect(Help.overview.contains("  \(command.name) ")) }
        for status in ExitStatus.allCases { #expect(Help.overview.contains("  \(status.rawValue) ")) }
        for variable in ["URL", "HOST", "PORT", "USER", "PASSWORD"] { #expect(Help.overview.contains("MARTLET_\(variable)")) }
    }

    @Test("No line is wider than a terminal of 140 columns", arguments: Command.all.map(\.name))
    func width(name: String) throws {
        let command = try #require(Command.all.first { $0.name == name })
        for line in Help.text(command).split(separator: "\n") { #expect(line.count <= 140, "\(line)") }
    }

    @Test("A command nobody knows is answered with the nearest")
    func unknownCommand() {
        #expect(throws: UsageError(command: nil, problems: ["subs: unknown command; did you mean sub?"])) { try Martlet.Task(["subs"]) }
        #expect(throws: UsageError(command: nil, problems: ["expected a command; martlet --help names them all"])) { try Martlet.Task([]) }
    }

    /// As a shell splits them, with single quotes.
    private func shellWords(_ line: Substring) -> [String] {
        line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
            index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
        }
    }
}
