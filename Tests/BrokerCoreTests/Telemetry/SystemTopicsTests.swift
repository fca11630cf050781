import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("$SYS")
struct SystemTopicsTests {
    private func broker() -> TestBroker { TestBroker(options: BrokerOptions()) }

    private func values(_ broker: inout TestBroker, _ client: TestBroker.Client) -> [String: String] {
        var values: [String: String] = [:]
        for message in broker.messages(client) { values[message.topic.string] = String(decoding: message.payload, as: UTF8.self) }
        return values
    }

    @Test("Whoever subscribes learns the present values, and then those that change")
    func values() {
        var broker = broker()
        let client = broker.connect("client")
        broker.advance(seconds: 10)
        broker.send(.subscribe("$SYS/#"), from: client)
        let first = values(&broker, client)
        #expect(first["$SYS/broker/clients/connected"] == "1")
        #expect(first["$SYS/broker/uptime"] == "10 seconds")
        #expect(first["$SYS/broker/version"]?.hasPrefix("martlet") == true)
        let other = broker.connect("other")
        broker.send(.publish("a", "12345"), from: other)
        broker.advance(seconds: 10)
        let second = values(&broker, client)
        #expect(second["$SYS/broker/clients/connected"] == "2")
        #expect(second["$SYS/broker/publish/bytes/received"] == "5")
        #expect(second["$SYS/broker/version"] == nil, "it has not changed")
    }

    @Test("A connection refused later than it was opened leaves the averages what they are")
    func refusedLater() {
        var broker = broker()
        broker.advance(seconds: 5)
        _ = broker.open()
        broker.advance(seconds: 60)
        #expect(broker.counters.connectionsRefused == 1)
        let watcher = broker.connect("watcher")
        broker.send(.subscribe("$SYS/broker/load/connections/1min"), from: watcher)
        #expect(broker.payloads(watcher) == ["0.00"])
    }

    @Test("A client cannot publish there, and its connection stays [MQTT-4.7.2-1]")
    func publishing() {
        var broker = broker()
        let client = broker.connect("client")
        broker.send(.publish("$SYS/broker/uptime", "forged", qos: .atLeastOnce, id: 3), from: client)
        #expect(broker.received(client) == [.puback(3, .notAuthorized)])
        #expect(broker.counters.dropped[.notAuthorized] == 1)
    }

    @Test("Wildcards do not reach them, and an interval of 0 switches them off")
    func off() {
        var on = broker()
        let reader = on.connect("reader")
        on.send(.subscribe("#"), from: reader)
        on.advance(seconds: 30)
        #expect(on.payloads(reader) == [])

        var off = TestBroker()
        let client = off.connect("client")
        off.send(.subscribe("$SYS/#"), from: client)
        off.advance(seconds: 100)
        #expect(off.payloads(client) == [])
        #expect(off.tick.nextDeadline == nil)
    }
}
