import MQTTCodec
import Testing

@testable import ClientCore

@Suite("Keep Alive")
struct KeepAliveKeepingTests {
    @Test(
        "Silence is broken by PINGREQ before the interval is over [MQTT-3.1.2-20] [MQTT-3.1.2-23 of 3.1.1]",
        arguments: ClientVersion.allCases)
    func ping(version: ClientVersion) {
        let client = TestClient(version: version) { $0.keepAlive = .seconds(10) }
        client.connect()
        client.advance(milliseconds: 8_999)
        #expect(client.sent().isEmpty)
        client.advance(seconds: 1)
        #expect(client.sent() == [.pingRequest])
        client.receive(.pingResponse)
        client.advance(seconds: 10)
        #expect(client.sent() == [.pingRequest])
    }

    @Test("What is sent and received counts as a sign of life")
    func traffic() {
        let client = TestClient { $0.keepAlive = .seconds(10) }
        client.connect()
        for _ in 0..<4 {
            client.advance(seconds: 5)
            client.publish("a", qos: .atMostOnce)
            client.receive(.publish("b"))
        }
        #expect(client.sentPublishes().count == 4)
        // Whoever only sends does not know whether anybody is there.
        client.advance(seconds: 5)
        client.publish("a", qos: .atMostOnce)
        client.advance(seconds: 5)
        #expect(client.sent().last == .pingRequest)
    }

    @Test("The server's Keep Alive takes the place of ours [MQTT-3.1.2-21] [MQTT-3.2.2-21]")
    func serverKeepAlive() {
        let client = TestClient { $0.keepAlive = .seconds(100) }
        client.connect(.serverKeepAlive(seconds: 10))
        client.advance(seconds: 9)
        #expect(client.sent() == [.pingRequest])
        client.receive(.pingResponse)
        client.breakConnection()
        #expect(client.connect()?.keepAliveSeconds == 100)
    }

    @Test("0 means never", arguments: [true, false])
    func never(server: Bool) {
        let client = TestClient { $0.keepAlive = server ? .seconds(10) : .zero }
        if server { client.connect(.serverKeepAlive(seconds: 0)) } else { client.connect() }
        client.advance(seconds: 100_000)
        #expect(client.sent().isEmpty && client.isOpen)
    }

    @Test("A PINGRESP that is late ends the connection, and another one is made")
    func late() {
        let client = TestClient {
            $0.keepAlive = .seconds(60)
            $0.pingTimeout = .seconds(7)
        }
        client.connect()
        client.advance(seconds: 54)
        #expect(client.sent() == [.pingRequest])
        client.advance(milliseconds: 6_999)
        #expect(client.isOpen)
        client.advance(milliseconds: 1)
        #expect(client.sent() == [.disconnect(.unspecifiedError)] && !client.isOpen)
        #expect(client.lastError == .timedOut)
        client.connect(sessionPresent: true)
        #expect(client.connection != nil)
    }

    @Test("While an answer is awaited for longer than the interval, PINGREQs go on [MQTT-3.1.2-20]")
    func slowAnswer() {
        let client = TestClient {
            $0.keepAlive = .seconds(2)
            $0.pingTimeout = .seconds(10)
        }
        client.connect()
        client.advance(milliseconds: 7_500)
        #expect(client.sent() == Array(repeating: .pingRequest, count: 4))
        client.advance(seconds: 5)
        #expect(!client.isOpen)
    }

    @Test("Who does not read sees no answer: the connection stays, and the server goes on hearing of us [MQTT-3.1.2-20]")
    func paused() {
        let client = TestClient { $0.keepAlive = .seconds(10) }
        client.connect()
        client.handle(.readingPaused(true))
        client.advance(seconds: 100)
        #expect(client.isOpen)
        #expect(client.sent().count == 11)
        client.handle(.readingPaused(false))
        client.receive(.pingResponse)
        client.advance(seconds: 5)
        #expect(client.isOpen && client.sent().isEmpty)
    }

    @Test("Reading again, the answer has its time once more")
    func resumed() {
        let client = TestClient { $0.keepAlive = .seconds(10) }
        client.connect()
        client.handle(.readingPaused(true))
        client.advance(seconds: 60)
        client.handle(.readingPaused(false))
        client.advance(milliseconds: 9_999)
        #expect(client.isOpen)
        client.advance(milliseconds: 1)
        #expect(!client.isOpen)
    }

    @Test("While a large packet is on its way, in whatever direction, its bytes are the sign of life")
    func largePackets() {
        let client = TestClient { $0.keepAlive = .seconds(10) }
        client.connect()
        client.subscribed(1, "#")
        let packet = Packet.publish("a", String(repeating: "x", count: 1_000)).bytes(.v5)
        for start in stride(from: 0, to: 1_000, by: 10) {
            client.receive(Array(packet[start..<start + 10]))
            client.advance(seconds: 5)
        }
        #expect(client.isOpen)
        client.receive(Array(packet[1_000...]))
        #expect(client.texts().count == 1)
        client.receive(.pingResponse)
        client.handle(.congested)
        for _ in 0..<100 {
            client.advance(seconds: 5)
            client.handle(.written)
        }
        #expect(client.isOpen)
        client.advance(seconds: 20)
        #expect(!client.isOpen)
    }

    @Test("Pings of the application share one PINGREQ")
    func operations() {
        let client = TestClient()
        client.connect()
        let operations = [client.ping(), client.ping()]
        #expect(client.sent() == [.pingRequest])
        client.receive(.pingResponse)
        for operation in operations { #expect(client.outcomes[operation] == .done(.success)) }
        // One that nobody asked for does no harm.
        client.receive(.pingResponse)
        #expect(client.isOpen)
    }

    @Test("Any duration will do", arguments: [Duration.seconds(Int64.max), .seconds(-1), .seconds(1 << 41), .milliseconds(1)])
    func durations(duration: Duration) {
        let client = TestClient {
            $0.keepAlive = duration
            $0.pingTimeout = duration
            $0.connectTimeout = .seconds(1 << 42)
            $0.reconnection.firstDelay = duration
            $0.reconnection.longestDelay = duration
        }
        client.connect()
        client.advance(seconds: 1)
        client.breakConnection()
        client.advance(seconds: 100)
        #expect(client.opened.count >= 1 && !client.isFinished)
    }
}
