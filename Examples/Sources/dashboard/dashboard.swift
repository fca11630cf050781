import MQTTClient

/// Shows the last message of each topic that matches the filters, once a second: `dashboard mqtt://localhost 'home/+/temperature'`.
@main
struct Dashboard {
    static func main() async throws {
        let url = CommandLine.arguments.dropFirst().first ?? "mqtt://localhost"
        let filters = CommandLine.arguments.dropFirst(2).map { TopicSubscription($0) }
        let client = MQTTClient(try ClientConfiguration(url: url))
        let board = Board()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await client.run() }
            group.addTask {
                for await message in try await client.subscribe(to: filters.isEmpty ? ["#"] : filters) { await board.take(message) }
            }
            group.addTask {
                for await state in client.states { await board.take(state) }
            }
            group.addTask {
                while true {
                    // Drawing at its own pace: a thousand messages a second are still one table a second.
                    if let table = await board.table() { print(table) }
                    try await Task.sleep(for: .seconds(1))
                }
            }
        }
    }
}
