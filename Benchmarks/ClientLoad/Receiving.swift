import MQTTClient

extension Load {
    /// Says "ready" when it is subscribed, and takes `count` messages.
    func receive(_ qos: QoS) async throws {
        try await MQTTClient.withConnection(configuration("ClientLoad")) { client in
            let subscription = try await client.subscribe(to: Self.topic, qos: qos)
            let usage = Usage()
            say("ready")
            var received = 0
            for await message in subscription where message.payload.count == size {
                received += 1
                if received == count { break }
            }
            usage.printRate(received)
        }
    }
}
