import MQTTClient

/// What the letters behind `%` in a format stand for.
enum FormatField {
    static let letters: [Unicode.Scalar] = [
        "A", "C", "D", "E", "F", "I", "J", "P", "R", "S", "U", "X", "j", "l", "m", "p", "q", "r", "t", "x",
    ]

    /// For `--help`.
    static let documentation = """
        FORMAT, as mosquitto_sub has it:
          %t topic   %p payload   %q QoS   %r retained (0 or 1)   %l bytes of the payload   %x %X payload in hexadecimal
          %I time (ISO 8601)   %U Unix time   %j JSON   %J JSON with a payload that is JSON itself   %% a percent sign
          %C content-type   %D correlation-data   %E message-expiry-interval   %F payload-format-indicator   %P user properties
          %R response-topic   %S Subscription Identifier; and %A and %m, which this client keeps to itself: nothing, and 0
          @Y @m @d @H @M @S and the other letters of strftime(3)   @N nanoseconds   @@ an at sign
          \\n \\t \\0 \\a \\e \\r \\v \\\\
        Between % and its letter: - aligns left, 0 pads with zeroes, then the least width, a dot, the greatest: %-20.20t
        """

    /// Nothing where a property is absent.
    static func bytes(_ letter: Unicode.Scalar, _ delivery: Delivery) -> [UInt8] {
        let properties = delivery.properties
        switch letter {
        case "p": return delivery.payload
        case "D": return properties.correlationData ?? []
        case "x": return Array(delivery.payload.map(HexDump.hex).joined().utf8)
        case "X": return Array(delivery.payload.map(HexDump.hex).joined().uppercased().utf8)
        case "j": return Array(json(delivery, payload: JSONObject.quoted(String(decoding: delivery.payload, as: UTF8.self))).utf8)
        case "J":
            return Array(
                json(delivery, payload: JSONText.isValid(delivery.payload) ? String(decoding: delivery.payload, as: UTF8.self) : "null")
                    .utf8)
        default: return Array(text(letter, delivery).utf8)
        }
    }

    private static func text(_ letter: Unicode.Scalar, _ delivery: Delivery) -> String {
        let properties = delivery.properties
        return switch letter {
        case "t": delivery.topic
        case "q": "\(delivery.qos.rawValue)"
        case "r": delivery.retain ? "1" : "0"
        case "l": "\(delivery.payload.count)"
        case "m": "0"
        case "I": delivery.time.local("%FT%T%z")
        case "U": delivery.time.unix
        case "C": properties.contentType ?? ""
        case "E": properties.expirySeconds.map { "\($0)" } ?? ""
        case "F": properties.isText.map { $0 ? "1" : "0" } ?? ""
        case "P": properties.userProperties.map { "\($0.name):\($0.value)" }.joined(separator: " ")
        case "R": properties.responseTopic ?? ""
        case "S": properties.subscriptionIdentifiers.map { "\($0)" }.joined(separator: " ")
        default: ""
        }
    }

    /// With mosquitto's names and its numbers for truth.
    private static func json(_ delivery: Delivery, payload: String) -> String {
        var object = JSONObject()
        let micros = String(delivery.time.fraction.prefix(6))
        object.add("tst", delivery.time.local("%FT%T.") + micros + delivery.time.local("Z%z"))
        object.add("topic", delivery.topic)
        object.add("qos", Int(delivery.qos.rawValue))
        object.add("retain", delivery.retain ? 1 : 0)
        object.add("payloadlen", delivery.payload.count)
        if delivery.properties != MessageProperties() { object.addRaw("properties", json(delivery.properties)) }
        object.addRaw("payload", payload)
        return object.closed
    }

    private static func json(_ properties: MessageProperties) -> String {
        var object = JSONObject()
        if let contentType = properties.contentType { object.add("content-type", contentType) }
        if let data = properties.correlationData { object.add("correlation-data", String(decoding: data, as: UTF8.self)) }
        if let isText = properties.isText { object.add("payload-format-indicator", isText ? 1 : 0) }
        if let topic = properties.responseTopic { object.add("response-topic", topic) }
        if !properties.userProperties.isEmpty {
            var pairs = JSONObject()
            for property in properties.userProperties { pairs.add(property.name, property.value) }
            object.addRaw("user-properties", pairs.closed)
        }
        if let seconds = properties.expirySeconds { object.add("message-expiry-interval", Int(seconds)) }
        return object.closed
    }
}
