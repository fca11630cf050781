import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Why a connection ends")
struct DisconnectionTests {
    @Test("A Session Expiry Interval cannot be raised from 0 at DISCONNECT [MQTT-3.14.2-2]")
    func raisedFromZero() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.disconnect(properties: [.sessionExpiryInterval(seconds: 1)]), from: client)
        #expect(broker.received(client) == [.disconnect(.protocolError)])
        #expect(broker.tick.core.sessions.count == 0)
    }

    @Test("A client that says goodbye is closed without an answer, and so is 3.x in any case")
    func silent() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.disconnect(), from: client)
        #expect(broker.isClosed(client) == true)
        #expect(broker.received(client) == [])
        let old = broker.connect("old", version: .v3_1_1)
        broker.send(bytes: [0xF0, 0], from: old)
        #expect(broker.isClosed(old) == true)
        #expect(broker.received(old) == [])
    }

    @Test("QoS 0 that waited goes with the connection, QoS 1 stays in its order")
    func waiting() {
        var options = TestBroker.quiet
        options.limits.outputBytes = 50
        var broker = TestBroker(options: options)
        let client = broker.connect("client", properties: [.sessionExpiryInterval(seconds: 100)])
        broker.send(.subscribe("a", qos: .atLeastOnce), from: client)
        _ = broker.received(client)
        broker.block(client)
        let publisher = broker.connect("publisher")
        for i in 1...40 as ClosedRange<UInt16> {
            broker.send(.publish("a", "\(i)", qos: i % 2 == 0 ? .atLeastOnce : .atMostOnce, id: i), from: publisher)
        }
        broker.drop(client)
        let again = broker.connect("client", cleanStart: false)
        var got: [String] = []
        while true {
            let messages = broker.messages(again)
            if messages.isEmpty { break }
            got += messages.map { String(decoding: $0.payload, as: UTF8.self) }
            broker.send(messages.compactMap { $0.packetID.map { .puback($0) } }, from: again)
        }
        #expect(got == (1...20).map { "\($0 * 2)" })
        #expect(broker.tick.core.queued.bytes == 0)
    }
}
