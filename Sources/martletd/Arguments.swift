import Broker

/// What the command line asks for.
struct Arguments: Equatable {
    enum Task: Equatable {
        case run
        case checkConfiguration
        case printConfiguration(json: Bool)
        case version
        case help
    }

    private(set) var task = Task.run
    /// The file named by `--config`.
    private(set) var file: String?
    private(set) var overrides: [ConfigurationOverride] = []

    /// Reads the arguments behind the command's name; throws all problems at once.
    init(_ arguments: some Sequence<String>) throws(ArgumentsError) {
        var reader = Reader(rest: Array(arguments)[...])
        while let argument = reader.rest.popFirst() { reader.read(argument) }
        if reader.tasks.contains(.help) {
            task = .help
            return
        }
        reader.findConflicts()
        guard reader.problems.isEmpty else { throw ArgumentsError(problems: reader.problems) }
        task = reader.tasks.first ?? .run
        if case .printConfiguration = task { task = .printConfiguration(json: reader.seen.contains("--json")) }
        file = reader.file
        overrides = reader.overrides
    }
}

/// Everything that is wrong with a command line.
struct ArgumentsError: Error, Equatable {
    let problems: [String]
}

extension Arguments {
    private struct Reader {
        var rest: ArraySlice<String>
        var tasks: [Task] = []
        var file: String?
        var overrides: [ConfigurationOverride] = []
        var seen: Set<String> = []
        var problems: [String] = []

        mutating func read(_ argument: String) {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts[0].hasPrefix("--") ? parts[0] : argument
            let attached = parts.count == 2 && name != argument ? parts[1] : nil
            guard let flag = Flag.all.first(where: { $0.name == name || $0.short == name }) else {
                return problems.append(Self.unknown(name))
            }
            guard seen.insert(flag.name).inserted else { return problems.append("\(flag.name): expected once, found twice") }
            switch flag.meaning {
            case .task(let task):
                refuse(attached, of: flag)
                tasks.append(task)
            case .says(let key, let value):
                refuse(attached, of: flag)
                overrides.append(ConfigurationOverride(flag: flag.name, key: key, value: value))
            case .nothing: refuse(attached, of: flag)
            case .file: file = value(attached, of: flag)
            case .sets(let key):
                guard let value = value(attached, of: flag) else { return }
                overrides.append(ConfigurationOverride(flag: flag.name, key: key, value: value))
            }
        }

        mutating func findConflicts() {
            if tasks.count > 1 {
                let names = Flag.all.filter { $0.isTask && seen.contains($0.name) }.map(\.name)
                problems.append("expected one of \(names.joined(separator: " and ")), found both")
            }
            if seen.contains("--json"), !seen.contains("--print-config") {
                problems.append("--json: expected together with --print-config")
            }
        }

        private mutating func refuse(_ attached: String?, of flag: Flag) {
            if attached != nil { problems.append("\(flag.name): expected no value") }
        }

        private mutating func value(_ attached: String?, of flag: Flag) -> String? {
            let value = attached ?? (rest.first.map { $0.hasPrefix("-") } == false ? rest.popFirst() : nil)
            if value == nil || value == "" {
                problems.append("\(flag.name): expected a value: \(flag.name) \(flag.value ?? "")")
                return nil
            }
            return value
        }

        private static func unknown(_ argument: String) -> String {
            guard argument.hasPrefix("-") else { return "\(argument): expected a flag; martletd takes nothing else" }
            let nearest = NearestKey.nearest(to: argument, among: Flag.all.map(\.name))
            return "\(argument): unknown flag" + (nearest.map { "; did you mean \($0)?" } ?? "; martletd --help names them all")
        }
    }
}
