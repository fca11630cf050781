import MQTTCodec
import Testing

@testable import ClientCore

@Suite("The beginning and the end of connections")
struct ConnectingTests {
    @Test("CONNECT comes first, and nothing is sent before CONNACK [MQTT-3.1.0-1] [MQTT-3.1.0-1 of 3.1.1]", arguments: ClientVersion.allCases)
    func connectFirst(version: ClientVersion) {
        let client = TestClient(version: version)
        client.start()
        client.publish("a", "1")
        client.subscribe(1, "b")
        client.ping()
        #expect(client.sent().isEmpty)
        #expect(client.open() != nil)
        client.publish("a", "2", qos: .atMostOnce)
        client.ping()
        client.advance(seconds: 5)
        #expect(client.sent().isEmpty)
    }
}
