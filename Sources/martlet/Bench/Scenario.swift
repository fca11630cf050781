/// The scenarios of the field, by the names of the public MQTT benchmark suites, and two that brokers fear.
enum Scenario: String, CaseIterable, Sendable {
    case connections = "conn-tcp"
    case pointToPoint = "p2p"
    case fanOut = "fanout"
    case fanIn = "fanin"
    case shared = "sharedsub"
    case retainedStorm = "retained-storm"
    case offlineDrain = "offline-drain"

    /// What the numbers behind its name are.
    var numbers: [String] {
        switch self {
        case .connections: ["CONNECTIONS", "PER-SECOND"]
        case .pointToPoint, .fanOut, .fanIn, .shared: ["PUBLISHERS", "SUBSCRIBERS", "TOPICS", "DELIVERED-PER-SECOND"]
        case .retainedStorm, .offlineDrain: ["MESSAGES", "SUBSCRIBERS"]
        }
    }

    /// A name as it is used in the field.
    var example: String {
        switch self {
        case .connections: "conn-tcp-10K-100"
        case .pointToPoint: "p2p-1K-1K-1K-1K"
        case .fanOut: "fanout-1-1K-1-1K"
        case .fanIn: "fanin-1K-5-1K-1K"
        case .shared: "sharedsub-1K-5-1K-1K"
        case .retainedStorm: "retained-storm-10K-1"
        case .offlineDrain: "offline-drain-10K-1"
        }
    }

    var summary: String {
        switch self {
        case .connections: "Clients connect, so many a second, and stay: how long each one takes, and how many are lost."
        case .pointToPoint: "Each topic has one publisher and one subscriber, as between two devices."
        case .fanOut: "Every subscriber receives every message, as when one feed is read by many."
        case .fanIn: "Many publishers, whose topics are divided among a few subscribers, as sensors and services."
        case .shared: "As fanin, through one Shared Subscription of all subscribers."
        case .retainedStorm: "So many Retained Messages wait; each subscriber then subscribes to all of them at once."
        case .offlineDrain: "So many messages are queued for a Session whose client is away; then it comes back and takes them."
        }
    }
}

extension Workload {
    /// Reads a scenario's name: `p2p-1K-1K-1K-1K`, or with fewer numbers, the others being as usual.
    ///
    /// - Throws: what was expected
    init(name: String) throws(Failure) {
        // The suite has published its names with the kind of installation before them, and once with another spelling.
        let plain = name.hasPrefix("singlenode-") ? String(name.dropFirst(11)) : name
        let known = plain.hasPrefix("sharesub") ? "sharedsub" + plain.dropFirst(8) : plain
        guard let scenario = Scenario.allCases.first(where: { known == $0.rawValue || known.hasPrefix($0.rawValue + "-") }) else {
            throw Failure(.wrongUsage, Self.unknown(name))
        }
        self.init(scenario: scenario, name: name)
        if scenario == .fanOut { publishers = 1 }
        if scenario == .fanIn || scenario == .shared { subscribers = 5 }
        if scenario == .retainedStorm || scenario == .offlineDrain { (messages, subscribers) = (10_000, 1) }
        if scenario == .connections { connectRate = 100 }
        let words = known.dropFirst(scenario.rawValue.count).split(separator: "-", omittingEmptySubsequences: false).dropFirst()
        let numbers = words.compactMap { Count($0)?.value }
        guard numbers.count == words.count, numbers.count <= scenario.numbers.count, numbers.allSatisfy({ $0 > 0 }) else {
            let form = ([scenario.rawValue] + scenario.numbers).joined(separator: "-")
            throw Failure(.wrongUsage, "\(name): expected \(form), such as \(scenario.example)")
        }
        take(numbers)
    }

    private mutating func take(_ numbers: [Int]) {
        for (index, number) in numbers.enumerated() {
            switch (scenario, index) {
            case (.connections, 0): connections = number
            case (.connections, _): connectRate = Double(number)
            case (.retainedStorm, 0), (.offlineDrain, 0): messages = number
            case (_, 0): publishers = number
            case (_, 1): subscribers = number
            case (_, 2): chosenTopics = number
            default: rate = .delivered(Double(number))
            }
        }
    }

    private static func unknown(_ name: String) -> String {
        let names = Scenario.allCases.map(\.rawValue)
        let parts = name.split(separator: "-")
        let word = parts.prefix { Count($0) == nil }.joined(separator: "-")
        let nearest = NearestWord.nearest(to: word, among: names)
        return "\(name): unknown scenario" + (nearest.map { "; did you mean \($0)?" } ?? "; expected \(names.joined(separator: ", "))")
    }
}
