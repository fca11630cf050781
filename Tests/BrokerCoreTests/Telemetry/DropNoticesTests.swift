import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Notices of dropped messages")
struct DropNoticesTests {
    @Test("Each is told with topic, client and reason; of many in one tick the rest is told by number")
    func limited() {
        var broker = TestBroker()
        let client = broker.connect("client")
        _ = broker.network.takeNotices()
        let told = Notice.messageDropped(topic: Array("$SYS/x".utf8), clientID: Array("client".utf8), reason: .notAuthorized)
        broker.send(.publish("$SYS/x", "forged"), from: client)
        #expect(broker.network.takeNotices() == [told])
        broker.send(Array(repeating: .publish("$SYS/x", "forged"), count: 100), from: client)
        #expect(broker.network.takeNotices() == Array(repeating: told, count: 64) + [.moreMessagesDropped(36)])
        #expect(broker.counters.dropped[.notAuthorized] == 101)
    }
}
