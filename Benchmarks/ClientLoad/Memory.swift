import MQTTClient

extension Load {
    /// `count` clients, each with its task, a subscription and somebody who waits for its messages.
    func measureMemory() async throws {
        let before = try Usage.ownMemory()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                let client = MQTTClient(configuration("ClientLoad-\(number)"))
                group.addTask { try await client.run() }
                let subscription = try await client.subscribe(to: "plant/\(number)")
                group.addTask { for await _ in subscription {} }
            }
            say("{\"clients\": \(count), \"bytes\": \(try Usage.ownMemory() - before)}")
            group.cancelAll()
        }
    }
}
