import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Connections that are not let in")
struct RefusingTests {
    /// CONNECT with the reserved flag of its first byte set.
    private func connect(level: UInt8) -> [UInt8] {
        [0x11, 14, 0, 4] + Array("MQTT".utf8) + [level, 2, 0, 0] + (level == 5 ? [0, 0, 1, 0x61] : [0, 2, 0x61, 0x61])
    }

    @Test("A malformed CONNECT is answered in MQTT 5.0, and closes without a word before it [MQTT-3.1.4-1 of 3.1.1]")
    func malformed() {
        for (level, answer) in [(5, [0x20, 3, 0, 0x81, 0]), (4, []), (0x84, [])] as [(UInt8, [UInt8])] {
            var broker = TestBroker()
            let client = broker.open()
            broker.send(bytes: connect(level: level), from: client)
            #expect(broker.bytes(for: client) == answer, "level \(level)")
            #expect(broker.isClosed(client) == true)
            #expect(broker.counters.connectionsRefused == 1)
        }
    }

    @Test("A level nobody has defined learns that it is not spoken [MQTT-3.1.2-2]")
    func unknownLevel() {
        for (level, answer) in [(6, [0x20, 3, 0, 0x84, 0]), (2, [0x20, 2, 0, 1])] as [(UInt8, [UInt8])] {
            var broker = TestBroker()
            let client = broker.open()
            broker.send(bytes: [0x10] + connect(level: level).dropFirst(), from: client)
            #expect(broker.bytes(for: client) == answer, "level \(level)")
            #expect(broker.network.takeRefusals() == [.unknownVersion])
        }
    }

    @Test("A connection that says nothing is closed after the connect time-out, and not before")
    func timeout() {
        var broker = TestBroker()
        let client = broker.open()
        broker.advance(seconds: 9.999)
        #expect(broker.isClosed(client) == false)
        broker.advance(seconds: 0.001)
        #expect(broker.isClosed(client) == true)
        #expect(broker.network.takeRefusals() == [.timeout])
    }
}
