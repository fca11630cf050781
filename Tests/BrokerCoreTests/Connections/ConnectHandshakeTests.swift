import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("CONNECT → CONNACK")
struct ConnectHandshakeTests {
    @Test("An assigned Client Identifier says nothing of the generator: the key of the hash tables was drawn from it before")
    func assignedClientIdentifier() {
        var generator = SeededRandom(seed: 1)  // as in TestBroker
        _ = generator.next()
        var bits = generator.next()
        var drawn = "auto-"
        for _ in 0..<16 {
            drawn.unicodeScalars.append(UnicodeScalar(UInt8(ascii: "a") + UInt8(bits & 15)))
            bits >>= 4
        }
        var broker = TestBroker()
        let (_, connack) = broker.connect(ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("")))
        #expect(connack?.properties.assignedClientIdentifier?.string.count == 21)
        #expect(connack?.properties.assignedClientIdentifier?.string != drawn)
    }

    @Test("A refusal, too, keeps to the client's Maximum Packet Size [MQTT-3.1.2-24]")
    func refusalTooLarge() {
        var packet = ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("client"))
        packet.properties = PropertyList([.maximumPacketSize(4), .authenticationMethod(UTF8Text("none"))])
        var broker = TestBroker()
        let (client, connack) = broker.connect(packet)
        #expect(connack == nil)
        #expect(broker.isClosed(client) == true)
    }
}
