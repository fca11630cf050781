import MQTTCodec
import Testing

@testable import ClientCore

@Suite("Topic Aliases we choose")
struct OutgoingAliasTests {
    private func aliases(_ client: TestClient) -> [(topic: String, alias: UInt16?)] {
        client.sentPublishes().map { ($0.topic.string, $0.properties.topicAlias) }
    }

    @Test("A topic is named once and then meant by its alias, within the server's maximum [MQTT-3.2.2-17] [MQTT-3.3.2-9] [MQTT-3.3.2-8]")
    func choice() {
        let client = TestClient()
        client.connect(.topicAliasMaximum(2))
        for round in 0..<50 { client.publish(["a", "b", "c", "a", "d"][round % 5], qos: .atMostOnce) }
        var known: [UInt16: String] = [:]
        var topics: [String] = []
        for (topic, alias) in aliases(client) {
            if let alias {
                #expect((1...2).contains(alias))
                if !topic.isEmpty { known[alias] = topic }
                topics.append(known[alias] ?? "")
            } else {
                topics.append(topic)
            }
        }
        #expect(topics == (0..<50).map { ["a", "b", "c", "a", "d"][$0 % 5] })
    }

    @Test("None without the server's leave [MQTT-3.2.2-18]", arguments: [true, false])
    func none(isZero: Bool) {
        let client = TestClient()
        if isZero { client.connect(.topicAliasMaximum(0)) } else { client.connect() }
        for _ in 0..<3 { client.publish("a", qos: .atMostOnce) }
        #expect(aliases(client).allSatisfy { $0.topic == "a" && $0.alias == nil })
    }

    @Test("Our own bound counts where it is lower")
    func ownBound() {
        let client = TestClient { $0.outgoingTopicAliases = 1 }
        client.connect(.topicAliasMaximum(10))
        for topic in ["a", "b", "a"] { client.publish(topic, qos: .atMostOnce) }
        #expect(aliases(client).compactMap(\.alias) == [1, 1])
    }

    @Test("A new connection begins without any: what is sent again says its topic [MQTT-3.3.2-7]")
    func newConnection() {
        let client = TestClient()
        client.connect(.topicAliasMaximum(5))
        client.publish("a", "1")
        client.publish("a", "2")
        #expect(aliases(client).map(\.topic) == ["a", ""])
        client.breakConnection()
        client.connect(sessionPresent: true, .topicAliasMaximum(5))
        #expect(aliases(client).map(\.topic) == ["a", ""])
        client.breakConnection()
        client.connect(sessionPresent: true)
        #expect(aliases(client).map(\.topic) == ["a", "a"])
    }
}
