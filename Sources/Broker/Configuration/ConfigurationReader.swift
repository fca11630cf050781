/// Turns a TOML document and overrides into an `EffectiveConfiguration`, and goes on after a problem to find the next.
struct ConfigurationReader {
    private(set) var result = EffectiveConfiguration()
    private(set) var problems: [ConfigurationProblem] = []
    private let path: String
    /// Where each listener of the file stands.
    private var listenerOrigins: [ConfigurationOrigin] = [.default]
    /// Keys whose value was refused; what depends on them is not judged.
    private var refused: Set<String> = []

    init(path: String) { self.path = path }

    /// In the order of the file, then those of the command line.
    var sortedProblems: [ConfigurationProblem] {
        problems.enumerated().sorted { a, b in
            let (left, right) = (Self.place(a.element.origin), Self.place(b.element.origin))
            return left == right ? a.offset < b.offset : left < right
        }.map(\.element)
    }

    mutating func read(_ root: TOMLNode) {
        guard case .table(let members) = root.content else { return }
        for (key, node) in members {
            if key == "listener" {
                readListeners(node)
            } else if ConfigurationKeys.tables.contains(key) {
                readTable(key, node)
            } else {
                readSetting(key, node)
            }
        }
    }

    mutating func apply(_ override: ConfigurationOverride) {
        let origin = ConfigurationOrigin.commandLine(flag: override.flag)
        if let setting = BrokerSettings.all.first(where: { $0.key == override.key }) {
            guard let value = value(override, setting.kind, origin) else { return }
            setting.write(&result.configuration, value)
            result.origins[setting.key] = origin
        } else if let setting = ListenerSettings.all.first(where: { "listener." + $0.key == override.key }) {
            guard let value = value(override, setting.kind, origin) else { return }
            guard result.configuration.listeners.count == 1 else {
                return problems.append(ConfigurationProblem(.severalListeners, at: origin))
            }
            setting.write(&result.configuration.listeners[0], value)
            result.origins["listener[0]." + setting.key] = origin
        } else {
            report(.unknownKey, origin, key: override.key)
        }
    }

    /// What depends on several values: defaults that follow from others, and listeners that exclude each other.
    mutating func complete() {
        var taken: [String: Int] = [:]
        for index in result.configuration.listeners.indices {
            let listener = result.configuration.listeners[index]
            let derived = ListenerConfiguration(address: listener.address, port: listener.port)
            if result.origins["listener[\(index)].anonymous"] == nil {
                result.configuration.listeners[index].options.anonymous = derived.options.anonymous
            }
            if result.origins["listener[\(index)].name"] == nil { result.configuration.listeners[index].name = derived.name }
            let isKnown = refused.isDisjoint(with: ["listener[\(index)].address", "listener[\(index)].port"])
            guard isKnown, listener.port != 0 else { continue }
            if let other = taken.updateValue(index, forKey: derived.name) {
                report(.duplicateListener(of: "listener[\(other)]"), listenerOrigins[index], key: "listener[\(index)]")
            }
        }
    }

    private mutating func readTable(_ table: String, _ node: TOMLNode) {
        guard case .table(let members) = node.content else {
            return report(.wrongValue(expected: "a table", found: node.description), valueOrigin(of: node), key: table)
        }
        for (key, child) in members { readSetting("\(table).\(key)", child) }
    }

    private mutating func readSetting(_ key: String, _ node: TOMLNode) {
        guard let setting = BrokerSettings.all.first(where: { $0.key == key }) else {
            let nearest = NearestKey.nearest(to: key, among: ConfigurationKeys.all)
            return report(.unknownKey, origin(of: node), key: key, nearest: nearest)
        }
        guard let value = value(node, setting.kind, key: key) else { return }
        setting.write(&result.configuration, value)
        result.origins[key] = origin(of: node)
    }

    private mutating func readListeners(_ node: TOMLNode) {
        if case .table = node.content { return report(.singleListener, valueOrigin(of: node), key: "listener") }
        let range = 1...ListenerSettings.maximumCount
        guard case .array(let elements) = node.content, range.contains(elements.count) else {
            let expected = "\(range.lowerBound) to \(range.upperBound) tables, each headed [[listener]]"
            return report(.wrongValue(expected: expected, found: node.description), valueOrigin(of: node), key: "listener")
        }
        result.configuration.listeners = Array(repeating: ListenerConfiguration(), count: elements.count)
        listenerOrigins = elements.map(origin(of:))
        for (index, element) in elements.enumerated() { readListener(index, element) }
    }

    private mutating func readListener(_ index: Int, _ node: TOMLNode) {
        guard case .table(let members) = node.content else {
            let kind = ConfigurationProblem.Kind.wrongValue(expected: "a table", found: node.description)
            return report(kind, origin(of: node), key: "listener[\(index)]")
        }
        for (name, child) in members {
            let key = "listener[\(index)].\(name)"
            guard let setting = ListenerSettings.all.first(where: { $0.key == name }) else {
                let nearest = NearestKey.nearest(to: "listener.\(name)", among: ConfigurationKeys.all)
                report(.unknownKey, origin(of: child), key: key, nearest: nearest)
                continue
            }
            guard let value = value(child, setting.kind, key: key) else { continue }
            setting.write(&result.configuration.listeners[index], value)
            result.origins[key] = origin(of: child)
        }
    }

    private mutating func value(_ node: TOMLNode, _ kind: SettingKind, key: String) -> SettingValue? {
        if let value = kind.value(of: node) { return value }
        refused.insert(key)
        var nearest: String?
        if case .string(let word) = node.content { nearest = NearestKey.nearest(to: word, among: kind.words) }
        report(
            .wrongValue(expected: kind.expectation, found: node.description), valueOrigin(of: node), key: key, nearest: nearest)
        return nil
    }

    private mutating func value(
        _ override: ConfigurationOverride, _ kind: SettingKind, _ origin: ConfigurationOrigin
    ) -> SettingValue? {
        if let value = kind.value(ofArgument: override.value) { return value }
        let found = EscapedText.quoted(override.value)
        let nearest = NearestKey.nearest(to: override.value, among: kind.words)
        report(.wrongValue(expected: kind.expectation, found: found), origin, nearest: nearest)
        return nil
    }

    private mutating func report(
        _ kind: ConfigurationProblem.Kind, _ origin: ConfigurationOrigin, key: String? = nil, nearest: String? = nil
    ) {
        problems.append(ConfigurationProblem(kind, at: origin, key: key, nearest: nearest))
    }

    private func origin(of node: TOMLNode) -> ConfigurationOrigin {
        .file(path: path, line: node.line, column: node.column)
    }

    private func valueOrigin(of node: TOMLNode) -> ConfigurationOrigin {
        .file(path: path, line: node.line, column: node.valueColumn)
    }

    private static func place(_ origin: ConfigurationOrigin) -> (Int, Int) {
        if case .file(_, let line, let column) = origin { (line, column) } else { (.max, .max) }
    }
}
