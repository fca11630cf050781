import MQTTCodec

/// One dialogue of a transcript with its title; the title carries the statements that it proves.
struct Scenario: Hashable, Sendable {
    var title: String
    var file: String
    var line: Int
    var versions: [ProtocolVersion]
    var settings = TranscriptSettings()
    var steps: [Step] = []
}

/// A line of a scenario, or a part of one of its shorthands.
struct Step: Hashable, Sendable {
    var line: Int
    /// The versions in which the line is played; nil: in all of the scenario.
    var versions: Set<ProtocolVersion>?
    var action: Action

    enum Action: Hashable, Sendable {
        case opens(client: String)
        case sends(client: String, PacketLine)
        case sendsBytes(client: String, [UInt8])
        /// One packet, or several in whatever order.
        case receives(client: String, [PacketLine])
        /// A packet that the standard allows and does not demand.
        case mayReceive(client: String, PacketLine)
        case receivesBytes(client: String, [UInt8])
        case isClosed(client: String)
        case isSilent(client: String)
        case drops(client: String)
        case advances(milliseconds: Int64)
        case brokerStops
    }
}

/// The name of a packet and the words after it.
struct PacketLine: Hashable, Sendable {
    var name: String
    var words: [Word]

    /// A word `v311` of CONNECT, which sets the version of the connection, is taken out.
    mutating func takeVersion() -> ProtocolVersion? {
        guard name == "CONNECT", let index = words.firstIndex(where: { $0.isVersion }) else { return nil }
        return ProtocolVersion(word: words.remove(at: index).key)
    }
}

/// A scenario in one of its versions: what one test plays.
struct ScenarioRun: Hashable, Sendable, CustomStringConvertible {
    var scenario: Scenario
    var version: ProtocolVersion

    var description: String { "\(scenario.file):\(scenario.line) \(version) \(scenario.title)" }
}
