import MQTTClient
import MQTTPayloads
import MQTTTestServer
import Testing

@Suite("Payloads written as JSON", .timeLimit(.minutes(1)))
struct PublishingTests {
    private let reading = Reading(sensor: "cellar", rooms: [Reading.Room(name: "wine", celsius: 12.5)])

    @Test("What is published arrives as the same value, with its Content Type")
    func roundTrip() async throws {
        try await withClient { client in
            var readings = try await client.subscribe(to: "cellar/#").decoded(as: Reading.self).makeAsyncIterator()
            try await client.publish(json: reading, to: "cellar/published")
            try await client.enqueue(json: reading, to: "cellar/queued", properties: MessageProperties(contentType: "text/json"))
            for (topic, contentType) in [("cellar/published", "application/json"), ("cellar/queued", "text/json")] {
                let (message, value) = try #require(await readings.next())
                #expect(message.topic == topic)
                #expect(message.properties.contentType == contentType)
                #expect(message.properties.isText == true)
                #expect(try value.get() == reading)
            }
        }
    }

    @Test("A payload that cannot be read is an element, and the next one comes")
    func undecodable() async throws {
        try await withClient { client in
            var readings = try await client.subscribe(to: "cellar").decoded(as: Reading.self).makeAsyncIterator()
            try await client.publish("warm", to: "cellar")
            try await client.publish(json: reading, to: "cellar")
            let first = try #require(await readings.next())
            #expect(throws: PayloadError.self) { try first.payload.get() }
            #expect(first.message.text == "warm")
            #expect(try await readings.next()?.payload.get() == reading)
        }
    }

    @Test("A value that JSON cannot say is an error that names topic, type and place")
    func unencodable() async throws {
        let impossible = Reading(sensor: "cellar", rooms: [Reading.Room(name: "wine", celsius: .infinity)])
        try await withClient { client in
            await #expect {
                try await client.publish(json: impossible, to: "cellar/temperature")
            } throws: { error in
                let words = "\(error)"
                return ["cellar/temperature", "Reading", "rooms[0].celsius"].allSatisfy { words.contains($0) }
            }
        }
    }

    @Test("A request is answered, value to value, also after one that nobody can read")
    func request() async throws {
        try await withClient { client in
            let (undecodable, toldOf) = AsyncStream<PayloadError>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await client.respond(
                        on: "rooms/count", decoding: Reading.self, undecodable: { toldOf.yield($0) }, { $0.rooms.count })
                }
                try await client.waitUntilSubscribed()
                await #expect(throws: MQTTClientError.timedOut) {
                    try await client.request(Array("?".utf8), to: "rooms/count", timeout: .milliseconds(50))
                }
                var errors = undecodable.makeAsyncIterator()
                #expect(await errors.next()?.topic == "rooms/count")
                let response = try await client.request(json: reading, to: "rooms/count")
                #expect(response.properties.contentType == "application/json")
                #expect(try response.decode(Int.self) == 1)
                group.cancelAll()
            }
        }
    }

    private func withClient(_ body: (MQTTClient) async throws -> Void) async throws {
        let server = try MQTTTestServer()
        try await MQTTClient.withConnection(ClientConfiguration(host: server.host, port: server.port), body)
    }
}

extension MQTTClient {
    /// Until somebody has subscribed to `rooms/count`, which the broker says in its answer.
    fileprivate func waitUntilSubscribed() async throws {
        while try await publish("", to: "rooms/count") == .noMatchingSubscribers {}
    }
}
