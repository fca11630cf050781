import Glibc

/// The command line as a whole: which command is meant, and how it ends.
enum Martlet {
    static func run(_ words: [String], _ interruptions: AsyncStream<Int32>) async -> ExitStatus {
        do throws(UsageError) {
            switch try Task(words) {
            case .overview: return show(Help.overview)
            case .version: return show("martlet \(Help.version)\n")
            case .help(let command): return show(Help.text(command))
            case .run(let command, let arguments): return await run(command, arguments, interruptions)
            }
        } catch {
            for problem in error.problems { Console.complain(problem) }
            return .wrongUsage
        }
    }

    /// What a command line asks for.
    enum Task {
        case overview
        case version
        case help(Command)
        case run(Command, Arguments)

        init(_ words: [String]) throws(UsageError) {
            guard let first = words.first else {
                throw UsageError(command: nil, problems: ["expected a command; martlet --help names them all"])
            }
            if ["--help", "-h", "help"].contains(first) {
                self = .overview
            } else if first == "--version" {
                self = .version
            } else if let command = Command.all.first(where: { $0.name == first }) {
                let rest = words.dropFirst()
                self = rest.contains(Option.help.name) ? .help(command) : .run(command, try Arguments(rest, of: command))
            } else {
                let nearest = NearestWord.nearest(to: first, among: Command.all.map(\.name))
                throw UsageError(
                    command: nil,
                    problems: ["\(first): unknown command" + (nearest.map { "; did you mean \($0)?" } ?? "; martlet --help names them all")]
                )
            }
        }
    }

    private static func show(_ text: String) -> ExitStatus {
        do throws(Failure) {
            try Console.write(text)
            return .done
        } catch {
            return error.status
        }
    }

    /// Runs a command until it has ended; Ctrl-C cancels it, and it says goodbye.
    private static func run(_ command: Command, _ arguments: Arguments, _ interruptions: AsyncStream<Int32>) async -> ExitStatus {
        await withTaskGroup(of: ExitStatus?.self) { group in
            group.addTask {
                do throws(Failure) {
                    try await command.run(arguments)
                    return .done
                } catch {
                    if let message = error.message, !arguments.has(.quiet) { Console.complain(message) }
                    return error.status
                }
            }
            group.addTask {
                for await _ in interruptions { break }
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            let ended = await group.next() ?? nil
            return ended == .interrupted || ended == .done ? command.whenInterrupted : ended ?? command.whenInterrupted
        }
    }
}
