import MQTTClient

/// The last message of each topic, and how it stands with the connection.
actor Board {
    private var rows: [String: (message: MQTTMessage, count: Int)] = [:]
    private var connection = ""
    private var hasChanged = true

    func take(_ message: MQTTMessage) {
        rows[message.topic] = (message, (rows[message.topic]?.count ?? 0) + 1)
        hasChanged = true
    }

    func take(_ state: ConnectionState) {
        connection = "\(state)"
        hasChanged = true
    }

    /// nil: as it was.
    func table() -> String? {
        guard hasChanged else { return nil }
        hasChanged = false
        let width = rows.keys.map(\.count).max() ?? 0
        let lines = rows.sorted { $0.key < $1.key }.map { topic, row in
            "\(padded(topic, width))  \(padded("\(row.count)", 8))  \(row.message.text)"
        }
        // The terminal is cleared and written from its top.
        return "\u{1B}[H\u{1B}[2J" + ([connection, ""] + lines).joined(separator: "\n")
    }

    private func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}
