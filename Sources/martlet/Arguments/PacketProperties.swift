import MQTTClient

/// The properties of MQTT 5.0 that `-D` names, by the packet they go with.
struct PacketProperties: Equatable {
    var connect: [UserProperty] = []
    var publish = MessageProperties()
    var subscribe: [UserProperty] = []
    var will = MessageProperties()
    var willDelaySeconds: UInt32 = 0

    /// - Parameters:
    ///   - entries: packet, property and value; of a User Property, its name and value
    ///   - packets: the ones this command sends
    init(_ entries: [[String]], packets: Set<String>) throws(Failure) {
        for entry in entries {
            let packet = entry[0].lowercased()
            guard packets.contains(packet) else {
                throw Self.wrong(entry, "expected the packet to be one of \(packets.sorted().joined(separator: ", "))")
            }
            switch (packet, entry[1]) {
            case ("connect", "user-property"): connect.append(UserProperty(entry[2], entry[3]))
            case ("subscribe", "user-property"): subscribe.append(UserProperty(entry[2], entry[3]))
            case ("connect", _), ("subscribe", _): throw Self.wrong(entry, "expected user-property")
            case ("will", "will-delay-interval"): willDelaySeconds = try Self.number(entry)
            case ("will", _): try Self.set(entry, of: &will)
            default: try Self.set(entry, of: &publish)
            }
        }
    }

    private static func set(_ entry: [String], of properties: inout MessageProperties) throws(Failure) {
        let value = entry[2]
        switch entry[1] {
        case "content-type": properties.contentType = value
        case "correlation-data": properties.correlationData = Array(value.utf8)
        case "message-expiry-interval": properties.expirySeconds = try number(entry)
        case "payload-format-indicator":
            guard ["0", "1"].contains(value) else { throw wrong(entry, "expected 0 or 1") }
            properties.isText = value == "1"
        case "response-topic": properties.responseTopic = value
        case "user-property": properties.userProperties.append(UserProperty(value, entry[3]))
        case "topic-alias": throw wrong(entry, "Topic Aliases are chosen automatically")
        default:
            let known = [
                "content-type", "correlation-data", "message-expiry-interval", "payload-format-indicator", "response-topic",
                "user-property",
            ]
            throw wrong(
                entry,
                NearestWord.nearest(to: entry[1], among: known).map { "unknown property; did you mean \($0)?" }
                    ?? "expected one of \(known.joined(separator: ", "))")
        }
    }

    private static func number(_ entry: [String]) throws(Failure) -> UInt32 {
        guard let number = UInt32(entry[2]) else { throw wrong(entry, "expected a whole number of seconds") }
        return number
    }

    private static func wrong(_ entry: [String], _ expected: String) -> Failure {
        Failure(.wrongUsage, "-D \(entry.joined(separator: " ")): \(expected)")
    }
}
