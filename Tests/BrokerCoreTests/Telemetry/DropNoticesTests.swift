import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Notices of dropped messages")
struct DropNoticesTests {
    @Test("A few a second are told, the next says how many were not, and the counter knows all")
    func limited() {
        var broker = TestBroker()
        let client = broker.connect("client")
        for _ in 0..<25 { broker.send(.publish("$SYS/x", "forged"), from: client) }
        let told = broker.network.takeNotices().filter { if case .messageDropped = $0 { true } else { false } }
        #expect(told.count == 10)
        broker.advance(seconds: 1)
        broker.send(.publish("$SYS/x", "forged"), from: client)
        #expect(
            broker.network.takeNotices() == [
                .messageDropped(topic: Array("$SYS/x".utf8), clientID: Array("client".utf8), reason: .notAuthorized, suppressed: 15)
            ])
        #expect(broker.counters.dropped[.notAuthorized] == 26)
    }
}
