import MQTTClient
import MQTTOutbox

/// A row of messages to publish, one after the other; the payloads are their numbers.
private struct Row {
    let topic: String
    let qos: QoS
    let numbers: ClosedRange<Int>

    /// `TOPIC QOS FIRST LAST`
    init(_ line: String) throws {
        let words = line.split(separator: " ")
        guard words.count == 4, let level = UInt8(words[1]), let qos = QoS(rawValue: level), let first = Int(words[2]),
            let last = Int(words[3]),
            first <= last
        else { throw Failure(description: "expected TOPIC QOS FIRST LAST, not \(line)") }
        topic = String(words[0])
        self.qos = qos
        numbers = first...last
    }
}

extension Load {
    /// Publishes the rows that standard input names, all of them at a time, through an outbox on disk. Writes `TOPIC NUMBER` for each message that
    /// was accepted, and ends when everything is acknowledged. It may be killed at any moment and started again with the same file.
    func sendFromOutbox() async throws {
        var rows: [Row] = []
        while let line = readLine() { rows.append(try Row(line)) }
        var configuration = configuration("ClientLoad-outbox")
        configuration.session = .kept(seconds: .max)
        configuration.outboxStore = DiskOutbox(path: file)
        configuration.reconnection.maximumAttempts = nil
        configuration.reconnection.firstDelay = .milliseconds(20)
        configuration.reconnection.longestDelay = .milliseconds(200)
        let client = MQTTClient(configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for row in rows {
                    group.addTask {
                        for number in row.numbers {
                            try await client.enqueue("\(number)", to: row.topic, qos: row.qos)
                            say("\(row.topic) \(number)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await client.flush()
            await client.disconnect()
            try await group.waitForAll()
        }
    }
}
