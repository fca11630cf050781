/// The texts of `--help`.
enum Help {
    static let version = "0.1.0"

    static var overview: String {
        """
        martlet: an MQTT client for the command line (5.0 and 3.1.1)

        martlet COMMAND [OPTION ...]

        \(table(Command.all.map { ($0.name, $0.summary) }))
        martlet COMMAND --help says more, with examples. martlet --version prints the version.

        The broker is localhost:1883, or what -h, -p or a URL says, or the environment: MARTLET_URL, MARTLET_HOST, MARTLET_PORT,
        MARTLET_USER and MARTLET_PASSWORD. Options win over the environment, and a part named alone over the URL.

        \(statuses(endingWith: .interrupted))
        """
    }

    static func text(_ command: Command) -> String {
        let operand = command.operand.map { " [\($0.name)" + ($0.repeats ? " ...]" : "]") } ?? ""
        var text = """
            martlet \(command.name): \(command.summary)

            martlet \(command.name)\(command.takesConnection ? " [mqtt://[USER[:PASSWORD]@]HOST[:PORT][/TOPIC]]" : "")\(operand) [OPTION ...]


            """
        if let operand = command.operand { text += table([(operand.name, operand.documentation)]) + "\n" }
        text += table((command.options + (command.takesConnection ? [] : [.help])).map(row))
        if command.takesConnection {
            text +=
                "\nConnection; also by MARTLET_URL, MARTLET_HOST, MARTLET_PORT, MARTLET_USER and MARTLET_PASSWORD:\n"
                + table((Option.connection.filter { !$0.isRefused } + [.help]).map(row))
        }
        if !command.details.isEmpty { text += "\n" + command.details + "\n" }
        text += "\nExamples:\n" + command.examples.map { "  \($0.line)\n      \($0.documentation)\n" }.joined()
        return text + "\n" + statuses(endingWith: command.whenInterrupted)
    }

    /// - Parameter interrupted: how it ends on Ctrl-C
    private static func statuses(endingWith interrupted: ExitStatus) -> String {
        let rows = ExitStatus.allCases.filter { $0 != .interrupted || interrupted == .interrupted }.map { status in
            ("\(status.rawValue)", status.documentation + (status == .done && interrupted == .done ? ", or ended by Ctrl-C" : ""))
        }
        return "Exit status:\n" + table(rows)
    }

    private static func row(_ option: Option) -> (String, String) {
        let names = (option.short.map { $0 + ", " } ?? "    ") + option.name
        return (names + (option.value.name.map { " " + $0 } ?? ""), option.documentation)
    }

    /// Two columns; the second one is broken where it would be too wide.
    private static func table(_ rows: [(String, String)]) -> String {
        let width = min(34, rows.map(\.0.count).max() ?? 0)
        return rows.map { name, documentation in
            let lines = wrapped(documentation, width: 118 - width)
            let margin = String(repeating: " ", count: width + 4)
            let first = name.count > width ? "  \(name)\n\(margin)" : "  " + name + String(repeating: " ", count: width + 2 - name.count)
            return first + lines.joined(separator: "\n" + margin) + "\n"
        }.joined()
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
