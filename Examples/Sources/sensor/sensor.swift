import MQTTClient
import MQTTOutbox
import MQTTPayloads

struct Reading: Codable {
    var number: Int
    var celsius: Double
}

/// Measures and tells, whatever happens to the network, to the broker or to itself.
@main
struct Sensor {
    var server = ServerAddress(host: "localhost")
    var outbox: (any OutboxStore)?
    var interval = Duration.seconds(1)

    static func main() async throws {
        var sensor = Sensor()
        if let url = CommandLine.arguments.dropFirst().first { sensor.server = try MQTTURL(url).server }
        sensor.outbox = DiskOutbox(path: "outbox")
        try await sensor.run()
    }

    func run() async throws {
        let client = MQTTClient(configuration)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await client.run() }
            group.addTask { try await announce(client) }
            group.addTask { try await measure(client) }
            group.addTask { try await obey(client) }
        }
    }

    var configuration: ClientConfiguration {
        var configuration = ClientConfiguration(host: server.host, port: server.port, clientID: "kitchen-sensor")
        configuration.will = Will(topic: "home/kitchen/status", payload: Array("offline".utf8), retain: true)
        configuration.session = .kept(seconds: 86_400)
        configuration.outboxStore = outbox
        return configuration
    }

    /// Says that we are back each time we are: after a loss the broker has published the will.
    private func announce(_ client: MQTTClient) async throws {
        for await state in client.states {
            print(state)
            guard case .connected = state else { continue }
            try await client.enqueue("online", to: "home/kitchen/status", retain: true)
        }
    }

    private func measure(_ client: MQTTClient) async throws {
        for number in 1... {
            let reading = Reading(number: number, celsius: .random(in: 20...22))
            try await client.enqueue(json: reading, to: "home/kitchen/temperature")
            try await Task.sleep(for: interval)
        }
    }

    private func obey(_ client: MQTTClient) async throws {
        for await message in try await client.subscribe(to: "home/kitchen/say") {
            print("told: \(message.text)")
        }
    }
}
