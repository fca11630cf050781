import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Will delay")
struct WillDelayTests {
    @Test("A Will whose delay ends with its session is published once")
    func delayEqualsExpiry() {
        var broker = TestBroker()
        let watcher = broker.connect("watcher")
        broker.send(.subscribe("will"), from: watcher)
        _ = broker.received(watcher)
        let client = broker.connect("client", will: .init("will", "gone", delay: 10), properties: [.sessionExpiryInterval(seconds: 10)])
        broker.drop(client)
        broker.advance(seconds: 9.9)
        #expect(broker.payloads(watcher) == [])
        broker.advance(seconds: 0.2)
        #expect(broker.payloads(watcher) == ["gone"])
    }
}
