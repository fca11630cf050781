/// Client Identifiers that nobody chose: the next connection of such a client has another one, and its Session waits for nobody.
enum GeneratedIdentifier {
    /// What libraries and brokers put before a random part.
    private static let prefixes = [
        "auto-", "mosq-", "mosq/", "mosqsub|", "mosqpub|", "paho", "mqttjs_", "mqttx_", "mqtt-explorer-", "mqttfx_", "hbmqtt/", "nodered_",
        "node-red-", "rumqttc-", "gmqtt-", "aiomqtt-",
    ]

    /// Whether it looks like one: a known prefix and more, or a UUID at its end, or at least 16 hexadecimal digits of both kinds.
    static func isLikely(_ clientID: [UInt8]) -> Bool {
        let text = Array(String(decoding: clientID, as: UTF8.self).lowercased().utf8)
        if prefixes.contains(where: { text.starts(with: $0.utf8) && text.count > $0.utf8.count }) { return true }
        if endsWithUUID(text) { return true }
        // 12 of them are the address of a network card, which stays; a number alone may be a serial number.
        let run = text.reversed().prefix(while: isHexadecimal)
        return run.count >= 16 && run.contains(where: isFigure) && !run.allSatisfy(isFigure)
    }

    private static func endsWithUUID(_ text: [UInt8]) -> Bool {
        let parts = text.suffix(36).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(isHexadecimal) }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { isFigure(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte) }
    private static func isFigure(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
