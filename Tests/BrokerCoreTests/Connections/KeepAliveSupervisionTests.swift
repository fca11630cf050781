import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Silence")
struct KeepAliveSupervisionTests {
    @Test("A silent client is given one and a half times its Keep Alive, counted from its last packet [MQTT-3.1.2-22]")
    func supervision() {
        var broker = TestBroker()
        let client = broker.connect("client", keepAlive: 10)
        broker.advance(seconds: 14)
        broker.send(.pingRequest, from: client)
        broker.advance(seconds: 14.999)
        #expect(broker.isClosed(client) == false)
        broker.advance(seconds: 0.002)
        #expect(broker.isClosed(client) == true)
        #expect(broker.received(client) == [.pingResponse, .disconnect(.keepAliveTimeout)])
        #expect(broker.network.takeCauses() == [.keepAliveTimeout])
    }

    @Test("Bytes that are no complete packet are silence")
    func unfinished() {
        var broker = TestBroker()
        let client = broker.connect("client", keepAlive: 10)
        for _ in 0..<15 {
            broker.advance(seconds: 1)
            broker.send(bytes: broker.isClosed(client) ? [] : [0x30], from: client)
            if broker.isClosed(client) { break }
        }
        broker.advance(seconds: 1)
        #expect(broker.isClosed(client) == true)
    }

    @Test("Without Keep Alive silence is borne for ever, unless the server sets one [MQTT-3.2.2-22]")
    func serverKeepAlive() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.advance(seconds: 1_000_000)
        #expect(broker.isClosed(client) == false)

        var options = TestBroker.quiet
        options.limits.keepAliveSeconds = 60
        var strict = TestBroker(options: options)
        let (other, connack) = strict.connect(ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("x")))
        #expect(connack?.properties.serverKeepAlive == 60)
        strict.advance(seconds: 91)
        #expect(strict.isClosed(other) == true)
    }
}
