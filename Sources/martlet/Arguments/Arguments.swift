/// What the command line of one command says, already checked against its table of options.
struct Arguments: Equatable, Sendable {
    /// The words behind each option given, once for each time, by its full name.
    private(set) var given: [String: [[String]]] = [:]
    /// Words that belong to no option, but for a URL.
    private(set) var operands: [String] = []
    /// A URL among them.
    private(set) var url: String?

    /// Reads what stands behind the command's name; throws all problems at once.
    init(_ words: some Sequence<String>, of command: Command) throws(UsageError) {
        var reader = Reader(command: command, rest: Array(words)[...])
        while let word = reader.rest.popFirst() { reader.read(word) }
        guard reader.problems.isEmpty else { throw UsageError(command: command.name, problems: reader.problems) }
        self = reader.arguments
    }

    fileprivate init() {}

    func has(_ option: Option) -> Bool { given[option.name] != nil }

    /// The last one given.
    func text(_ option: Option) -> String? { given[option.name]?.last?.first }
    func texts(_ option: Option) -> [String] { given[option.name]?.compactMap(\.first) ?? [] }
    func integer(_ option: Option) -> Int? { text(option).flatMap { Int($0) } }
    func seconds(_ option: Option) -> Duration? { text(option).flatMap { Double($0) }.map { .seconds($0) } }
    /// Packet, property and value, or packet, property, name and value.
    func properties(_ option: Option) -> [[String]] { given[option.name] ?? [] }
}

/// Everything that is wrong with a command line.
struct UsageError: Error, Equatable {
    /// Nil: no command was recognised.
    let command: String?
    let problems: [String]
}

extension Arguments {
    private struct Reader {
        let command: Command
        var rest: ArraySlice<String>
        var arguments = Arguments()
        var problems: [String] = []
        var onlyOperands = false

        mutating func read(_ word: String) {
            if onlyOperands || !word.hasPrefix("-") || word == "-" { return readOperand(word) }
            if word == "--" {
                onlyOperands = true
                return
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = word.hasPrefix("--") ? parts[0] : word
            guard let option = command.everyOption.first(where: { $0.isCalled(name) }) else {
                problems.append(unknown(name))
                return skipValue()
            }
            readValue(of: option, as: name, attached: name == word ? nil : parts.last)
        }

        private mutating func readOperand(_ word: String) {
            if word.contains("://"), command.takesConnection {
                if arguments.url != nil { problems.append("\(word): expected one URL, found two") }
                arguments.url = word
            } else if let operand = command.operand, operand.repeats || arguments.operands.isEmpty {
                arguments.operands.append(word)
            } else {
                problems.append("\(word): expected an option" + (command.operand.map { "; only one \($0.name)" } ?? ""))
            }
        }

        private mutating func readValue(of option: Option, as name: String, attached: String?) {
            var words: [String] = []
            switch option.value {
            case .none:
                if attached != nil { problems.append("\(name): expected no value") }
            case .refused(let words):
                problems.append("\(name): \(words)")
                return skipValue()
            case .property:
                words = [attached].compactMap { $0 }
                while words.count < 3 || words.count < 4 && words[1] == "user-property", let word = rest.popFirst() { words.append(word) }
                if words.count < (words.count > 1 && words[1] == "user-property" ? 4 : 3) {
                    return problems.append("\(name): expected PACKET PROPERTY VALUE, or PACKET user-property NAME VALUE")
                }
            default:
                guard let value = attached ?? rest.popFirst() else {
                    return problems.append("\(name): expected a value: \(name) \(option.value.name ?? "")")
                }
                if let problem = option.value.problem(with: value) { problems.append("\(name) \(value): \(problem)") }
                words = [value]
            }
            if arguments.given[option.name] != nil, !option.repeats {
                return problems.append("\(name): expected once, found twice")
            }
            arguments.given[option.name, default: []].append(words)
        }

        /// What stands behind an option nobody knows is probably its value, and no second problem.
        private mutating func skipValue() {
            if rest.first?.hasPrefix("-") == false { rest.removeFirst() }
        }

        private func unknown(_ word: String) -> String {
            let nearest = NearestWord.nearest(to: word, among: command.everyOption.filter { !$0.isRefused }.map(\.name))
            return "\(word): unknown option"
                + (nearest.map { "; did you mean \($0)?" } ?? "; martlet \(command.name) --help names them all")
        }
    }
}

extension Option {
    /// It is known only so that it can be refused with better words.
    var isRefused: Bool { if case .refused = value { true } else { false } }
}
