import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("What is due")
struct TimersTests {
    @Test("Many sessions that end at one moment all end then, none before")
    func manyAtOnce() {
        var broker = TestBroker()
        let clients = (0..<300).map {
            broker.connect(
                "\($0)", will: .init("will/\($0)", "x", retain: true, delay: 20), properties: [.sessionExpiryInterval(seconds: 20)])
        }
        for client in clients { broker.drop(client) }
        broker.advance(seconds: 19.999)
        #expect(broker.tick.core.sessions.count == 300)
        broker.advance(seconds: 0.001)
        #expect(broker.tick.core.sessions.count == 0)
        #expect(broker.tick.core.retained.count == 300)
        #expect(broker.tick.nextDeadline == nil)
    }

    @Test("A Will that replaces a Retained Message at the moment it expires stays")
    func replacedAtExpiry() {
        var broker = TestBroker()
        let publisher = broker.connect("publisher")
        broker.send(.publish("a", "old", retain: true, properties: [.messageExpiryInterval(seconds: 20)]), from: publisher)
        let client = broker.connect(
            "client", will: .init("a", "new", retain: true, delay: 20), properties: [.sessionExpiryInterval(seconds: 100)])
        broker.drop(client)
        broker.advance(seconds: 21)
        broker.send(.subscribe("a"), from: publisher)
        #expect(broker.payloads(publisher) == ["new"])
    }
}
