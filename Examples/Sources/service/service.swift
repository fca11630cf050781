import MQTTClient
import MQTTPayloads

struct Terms: Codable, Sendable {
    var terms: [Double]
}

struct Sum: Codable {
    var sum: Double
}

/// `service mqtt://localhost` answers; `service mqtt://localhost 3 4` asks for their sum.
@main
struct Service {
    static func main() async throws {
        let url = CommandLine.arguments.dropFirst().first ?? "mqtt://localhost"
        let terms = CommandLine.arguments.dropFirst(2).compactMap(Double.init)
        try await MQTTClient.withConnection(try ClientConfiguration(url: url)) { client in
            if terms.isEmpty { try await answer(client) } else { try await ask(client, terms) }
        }
    }

    private static func answer(_ client: MQTTClient) async throws {
        // Every instance shares the subscription, so a second one takes half of the work.
        try await client.respond(
            on: "$share/calculators/calculator/add", decoding: Terms.self,
            undecodable: { print($0) },
            { request in
                print("adding \(request.terms)")
                return Sum(sum: request.terms.reduce(0, +))
            })
    }

    private static func ask(_ client: MQTTClient, _ terms: [Double]) async throws {
        let response = try await client.request(json: Terms(terms: terms), to: "calculator/add", timeout: .seconds(3))
        print(try response.decode(Sum.self).sum)
    }
}
