import MQTTCodec

/// The words of a `<` line compared with the packet that came.
///
/// A field or property that is named has to have that value; `a|b` allows either, `*` any. What is not named is
/// free. `!name` says that a property is absent, `only` that no other is there. What a version does not carry (reasons
/// of acknowledgements and properties in 3.x) is not compared in it.
enum PacketExpectation {
    private static let fieldsOfPackets: [String: Set<String>] = [
        "CONNACK": ["reason", "session-present"],
        "PUBLISH": ["topic", "qos", "id", "dup", "retain", "payload", "payload-size"],
        "PUBACK": ["id", "reason"], "PUBREC": ["id", "reason"], "PUBREL": ["id", "reason"], "PUBCOMP": ["id", "reason"],
        "SUBACK": ["id", "codes"], "UNSUBACK": ["id", "codes"], "PINGRESP": [], "DISCONNECT": ["reason"],
        "AUTH": ["reason"],
    ]

    static func check(_ line: PacketLine) throws(TextFault) {
        guard let known = fieldsOfPackets[line.name] else { throw TextFault("a server sends no `\(line.name)`") }
        let words = Words(line.words)
        for word in words.left where !known.contains(word.key) { throw TextFault("\(line.name) has no `\(word.key)`") }
        for word in words.properties where word.key != "only" {
            if word.key.hasPrefix("!") {
                let value = word.key == "!user" ? "a:b" : "0"
                _ = try PropertyText.property(Word(key: String(word.key.dropFirst()), value: value))
            } else if word.value != "*" {
                _ = try PropertyText.property(word)
            }
        }
    }

    /// Whether the packet exists in `version`: a server's DISCONNECT and AUTH are MQTT 5's.
    static func applies(_ line: PacketLine, version: ProtocolVersion) -> Bool {
        version >= .v5 || (line.name != "DISCONNECT" && line.name != "AUTH")
    }

    /// What differs, in words; empty when the packet is as expected.
    static func differences(_ line: PacketLine, _ packet: PacketFields, version: ProtocolVersion) -> [String] {
        guard packet.name == line.name else { return ["\(line.name) expected"] }
        let words = Words(line.words)
        var differences: [String] = []
        for word in words.left where carries(word.key, line.name, version) {
            let found = packet.fields.first { $0.name == word.key }?.value
            if !matches(expected(word, in: line.name, version), found, of: word.key) { differences.append(text(word) + " expected") }
        }
        guard version >= .v5 else { return differences }
        return differences + propertyDifferences(words.properties, packet.properties)
    }

    private static func propertyDifferences(_ words: [Word], _ found: [PacketFields.Field]) -> [String] {
        var differences: [String] = []
        var named: Set<String> = []
        for word in words where word.key != "only" && named.insert(word.key).inserted {
            if word.key.hasPrefix("!") {
                let name = String(word.key.dropFirst())
                if found.contains(where: { $0.name == name }) { differences.append("no \(name) expected") }
                continue
            }
            let wanted = words.filter { $0.key == word.key }.map { Array(($0.value ?? "").utf8) }
            let values = found.filter { $0.name == word.key }.map(\.value)
            let isSame = word.key == "subscription-id" ? isPermutation(wanted, values) : wanted == values
            let isAny = word.value == "*" && !values.isEmpty
            if !isSame && !isAny { differences.append(text(word) + " expected") }
        }
        if words.contains(where: { $0.key == "only" }), let other = found.first(where: { !named.contains($0.name) }) {
            differences.append("no \(other.name) expected")
        }
        return differences
    }

    /// The order of Subscription Identifiers says nothing [MQTT-3.3.4-4].
    private static func isPermutation(_ a: [[UInt8]], _ b: [[UInt8]]) -> Bool {
        a.sorted { $0.lexicographicallyPrecedes($1) } == b.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func carries(_ field: String, _ packet: String, _ version: ProtocolVersion) -> Bool {
        switch (field, packet) {
        case ("session-present", _): version > .v3_1
        case ("reason", "CONNACK"), ("codes", "SUBACK"): true
        case ("reason", _), ("codes", _): version >= .v5
        default: true
        }
    }

    /// The value as `version` would say it: return codes of CONNACK, 0x80 for every failure in SUBACK.
    private static func expected(_ word: Word, in packet: String, _ version: ProtocolVersion) -> String {
        let value = word.value ?? "1"
        guard word.key == "reason" || word.key == "codes" else { return value }
        return value.split(separator: ",").map { list in
            list.split(separator: "|").map { number in
                let code = (try? PropertyText.number(String(number)) as UInt8) ?? 0xFF
                guard version < .v5, let reason = ReasonCode(rawValue: code) else { return "\(code)" }
                switch packet {
                case "CONNACK": return "\(ConnackPacket(sessionPresent: false, reasonCode: reason).returnCode ?? 0xFF)"
                case "SUBACK": return reason.isFailure ? "128" : "\(code)"
                default: return "\(code)"
                }
            }.joined(separator: "|")
        }.joined(separator: ",")
    }

    private static func matches(_ expected: String, _ found: [UInt8]?, of field: String) -> Bool {
        guard let found else { return false }
        if expected == "*" { return true }
        guard field == "reason" || field == "codes" else { return Array(expected.utf8) == found }
        let numbers = String(decoding: found, as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false)
        let wanted = expected.split(separator: ",", omittingEmptySubsequences: false)
        return numbers.count == wanted.count
            && zip(wanted, numbers).allSatisfy { $0.split(separator: "|").contains($1) }
    }

    private static func text(_ word: Word) -> String {
        guard let value = word.value else { return word.key }
        return "\(word.key)=\(value)"
    }
}
