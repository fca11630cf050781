import MQTTCodec

/// Text of a `.transcript` file → scenarios. The notation is described in `README.md` beside the transcripts.
struct TranscriptParser {
    private let file: String
    private var scenarios: [Scenario] = []
    private var line = 0
    private var shorthandPacketID = 9_000

    static func parse(_ text: String, file: String) throws(TranscriptError) -> [Scenario] {
        var parser = TranscriptParser(file: file)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            parser.line += 1
            do {
                try parser.read(line)
            } catch {
                throw TranscriptError(file: file, line: parser.line, message: error.message)
            }
        }
        return parser.scenarios
    }

    private init(file: String) { self.file = file }

    private mutating func read(_ raw: Substring) throws(TextFault) {
        if raw.hasPrefix("== ") {
            let title = raw.dropFirst(3).drop(while: \.isWhitespace)
            scenarios.append(Scenario(title: String(title), file: file, line: line, versions: [.v5]))
            return
        }
        var text = Word.withoutComment(raw)
        let versions = try takeVersions(&text)
        let words = try firstWords(text)
        guard let subject = words.first else { return }
        guard !scenarios.isEmpty else { throw TextFault("a scenario begins with `== title`") }
        switch subject {
        case "for": scenarios[scenarios.count - 1].versions = try versionsNamed(words.dropFirst())
        case "listener", "limits",
            "broker" where words.count > 1 && words[1].contains("="):
            for word in try Word.split(text).dropFirst() {
                try scenarios[scenarios.count - 1].settings.set(subject, word)
            }
        case "broker" where words.dropFirst().first == "stops": add(versions, .brokerStops)
        case "advance": add(versions, .advances(milliseconds: try milliseconds(words.dropFirst().first ?? "")))
        default: try readAction(of: subject, words.dropFirst().first ?? "", text, versions)
        }
    }

    private mutating func readAction(
        of client: String, _ verb: String, _ text: Substring, _ versions: Set<ProtocolVersion>?
    ) throws(TextFault) {
        let rest = text.drop(while: \.isWhitespace).dropFirst(client.count)
            .drop(while: \.isWhitespace).dropFirst(verb.count).drop(while: \.isWhitespace)
        switch verb {
        case ">", "<":
            if rest.hasPrefix("bytes ") {
                let bytes = try RawBytes.parse(rest.dropFirst(6))
                add(versions, verb == ">" ? .sendsBytes(client: client, bytes) : .receivesBytes(client: client, bytes))
                return
            }
            let packet = try packetLine(rest)
            if verb == ">" {
                try PacketText.check(packet)
                add(versions, .sends(client: client, packet))
            } else {
                try PacketExpectation.check(packet)
                add(versions, .receives(client: client, [packet]))
            }
        case "<?":
            let packet = try packetLine(rest)
            try PacketExpectation.check(packet)
            add(versions, .mayReceive(client: client, packet))
        case "<<":
            let packet = try packetLine(rest)
            try PacketExpectation.check(packet)
            addToGroup(of: client, packet, versions)
        case "connects", "begins", "resumes": try addConnect(client, verb, try Word.split(rest), versions)
        case "subscribes": try addSubscribe(client, try Word.split(rest), versions)
        case "opens": add(versions, .opens(client: client))
        case "closed": add(versions, .isClosed(client: client))
        case "silent": add(versions, .isSilent(client: client))
        case "drops": add(versions, .drops(client: client))
        default:
            throw TextFault(
                "`\(client) \(verb)`: expected `>`, `<`, `<<`, `<?`, `connects`, `begins`, `resumes`, `subscribes`, `opens`, `closed`, "
                    + "`silent` or `drops` after the client's name")
        }
    }

    // MARK: Shorthands

    /// `a connects …` is CONNECT with Clean Start and its CONNACK. `a begins …` and `a resumes …` ask for a session
    /// that lasts, and say whether it is to be there already.
    private mutating func addConnect(
        _ client: String, _ verb: String, _ given: [Word], _ versions: Set<ProtocolVersion>?
    ) throws(TextFault) {
        var words = [Word(key: "id", value: client)]
        if verb == "connects" { words.append(Word(key: "clean")) }
        words += given
        if verb != "connects", !given.contains(where: { $0.key == "session-expiry" }) {
            let sections = words.firstIndex { $0.key == "will-prop" } ?? words.count
            if !words[..<sections].contains(where: { $0.key == "prop" }) {
                words.insert(Word(key: "prop"), at: sections)
                words.insert(Word(key: "session-expiry", value: "4294967295"), at: sections + 1)
            } else {
                words.insert(Word(key: "session-expiry", value: "4294967295"), at: sections)
            }
        }
        let connect = PacketLine(name: "CONNECT", words: words)
        try PacketText.check(connect)
        add(versions, .sends(client: client, connect))
        let present = verb == "resumes" ? "1" : "0"
        let connack = [Word(key: "reason", value: "0x00"), Word(key: "session-present", value: present)]
        add(versions, .receives(client: client, [PacketLine(name: "CONNACK", words: connack)]))
    }

    /// `a subscribes filter=f qos=1` is SUBSCRIBE and a SUBACK that grants what was asked for.
    private mutating func addSubscribe(
        _ client: String, _ given: [Word], _ versions: Set<ProtocolVersion>?
    ) throws(TextFault) {
        shorthandPacketID += 1
        let id = Word(key: "id", value: String(shorthandPacketID))
        let subscribe = PacketLine(name: "SUBSCRIBE", words: [id] + given)
        let codes = try PacketText.requests(given).map { "\($0.options.maximumQoS.rawValue)" }.joined(separator: ",")
        add(versions, .sends(client: client, subscribe))
        let suback = PacketLine(name: "SUBACK", words: [id, Word(key: "codes", value: codes)])
        add(versions, .receives(client: client, [suback]))
    }

    // MARK: Steps

    private mutating func add(_ versions: Set<ProtocolVersion>?, _ action: Step.Action) {
        scenarios[scenarios.count - 1].steps.append(Step(line: line, versions: versions, action: action))
    }

    /// `<<` lines of one client that follow each other may be answered in any order.
    private mutating func addToGroup(of client: String, _ packet: PacketLine, _ versions: Set<ProtocolVersion>?) {
        if let last = scenarios[scenarios.count - 1].steps.last, last.line == line - 1, last.versions == versions,
            case .receives(client, let packets) = last.action
        {
            scenarios[scenarios.count - 1].steps.removeLast()
            add(versions, .receives(client: client, packets + [packet]))
        } else {
            add(versions, .receives(client: client, [packet]))
        }
    }

    // MARK: Words

    private func firstWords(_ text: Substring) throws(TextFault) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private func packetLine(_ text: Substring) throws(TextFault) -> PacketLine {
        let words = try Word.split(text)
        guard let name = words.first else { throw TextFault("a packet is missing") }
        return PacketLine(name: name.key, words: Array(words.dropFirst()))
    }

    /// `(v5)` before a line: only then.
    private func takeVersions(_ text: inout Substring) throws(TextFault) -> Set<ProtocolVersion>? {
        let line = text.drop(while: \.isWhitespace)
        guard line.hasPrefix("("), let end = line.firstIndex(of: ")") else { return nil }
        let names = line[line.index(after: line.startIndex)..<end].split(separator: " ").map(String.init)
        text = line[line.index(after: end)...]
        return Set(try versionsNamed(names[...]))
    }

    private func versionsNamed(_ names: ArraySlice<String>) throws(TextFault) -> [ProtocolVersion] {
        var versions: [ProtocolVersion] = []
        for name in names {
            guard let version = ProtocolVersion(word: name) else { throw TextFault("`\(name)` is not v31, v311 or v5") }
            versions.append(version)
        }
        return versions
    }

    private func milliseconds(_ text: String) throws(TextFault) -> Int64 {
        if text.hasSuffix("ms"), let number = Int64(text.dropLast(2)) { return number }
        if text.hasSuffix("s"), let number = Int64(text.dropLast(1)) { return number * 1_000 }
        throw TextFault("`advance` expects a time such as 2s or 500ms")
    }
}

extension ProtocolVersion {
    /// The version that a transcript calls `word`.
    init?(word: String) {
        switch word {
        case "v31": self = .v3_1
        case "v311": self = .v3_1_1
        case "v5": self = .v5
        default: return nil
        }
    }
}
