import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Acknowledgements")
struct AcknowledgementsTests {
    @Test("An unexpected PUBREC is answered with PUBREL 0x92 [MQTT-4.3.3-4]")
    func unexpectedPubrec() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.pubrec(7), from: client)
        #expect(broker.received(client) == [.pubrel(7, .packetIdentifierNotFound)])
    }

    @Test("An unexpected PUBREC that reports a failure ends a flow, and is not answered [MQTT-4.3.3-4]")
    func unexpectedFailure() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.pubrec(7, .quotaExceeded), from: client)
        #expect(broker.received(client) == [])
        let isClosed = broker.isClosed(client)
        #expect(!isClosed)
    }
}
