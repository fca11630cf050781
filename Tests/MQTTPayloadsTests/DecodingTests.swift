import ClientCore
import MQTTPayloads
import Testing

@testable import MQTTClient

struct Reading: Codable, Hashable, Sendable {
    struct Room: Codable, Hashable, Sendable {
        var name: String
        var celsius: Double
    }

    var sensor: String
    var rooms: [Room]
}

@Suite("Payloads read as JSON")
struct DecodingTests {
    @Test("A payload becomes the value it was written from")
    func value() throws {
        let message = message(#"{"sensor": "cellar", "rooms": [{"name": "wine", "celsius": 12.5}]}"#)
        #expect(try message.decode(Reading.self) == Reading(sensor: "cellar", rooms: [Reading.Room(name: "wine", celsius: 12.5)]))
    }

    @Test(
        "An error names the topic, the type, the place and what was expected there",
        arguments: [
            (#"{"rooms": []}"#, "sensor", "missing"),
            (#"{"sensor": "a", "rooms": [{"name": "x", "celsius": 1}, {"name": "y", "celsius": "warm"}]}"#, "rooms[1].celsius", "Double"),
            (#"{"sensor": "a", "rooms": [{"name": null, "celsius": 1}]}"#, "rooms[0].name", "found null"),
            (#"{"sensor": "a", "rooms": 3}"#, "rooms", "Array"),
            (#"21.5"#, "", "Dictionary"),
            (#"{"sensor": "#, "", "JSON"),
            ("", "", "JSON"),
        ])
    func mistakes(payload: String, path: String, words: String) {
        let error = #expect(throws: PayloadError.self) { try message(payload).decode(Reading.self) }
        #expect(error?.topic == "home/kitchen")
        #expect(error?.type == "Reading")
        #expect(error?.path == path)
        #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "no error")")
        #expect(error?.description.hasPrefix("home/kitchen: not a Reading: \(path)") == true)
    }

    private func message(_ payload: String) -> MQTTMessage {
        MQTTMessage(received: ReceivedMessage(topic: "home/kitchen", payload: Array(payload.utf8), qos: .atLeastOnce))
    }
}
