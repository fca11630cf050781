import MQTTCodec
import Testing

@testable import ClientCore

@Suite("The beginning and the end of connections")
struct ConnectingTests {
    @Test("CONNECT comes first, and nothing else before CONNACK [MQTT-3.1.0-1] [MQTT-3.1.0-1 of 3.1.1]", arguments: ClientVersion.allCases)
    func connectFirst(version: ClientVersion) {
        let client = TestClient(version: version)
        client.start()
        client.publish("a", "1")
        client.subscribe(1, "b")
        client.ping()
        #expect(client.sent().isEmpty)
        #expect(client.open() != nil)
        client.publish("a", "2", qos: .atMostOnce)
        client.ping()
        client.advance(seconds: 5)
        #expect(client.sent().isEmpty)
    }

    @Test(
        """
        Stopping sends DISCONNECT as the last packet and closes [MQTT-3.14.4-1] [MQTT-3.14.4-2] [MQTT-3.14.4-1 of 3.1.1]
        [MQTT-3.14.4-2 of 3.1.1]
        """, arguments: ClientVersion.allCases)
    func stop(version: ClientVersion) {
        let client = TestClient(version: version)
        client.connect()
        client.stop()
        let properties: [Property] = version == .v5 ? [.sessionExpiryInterval(seconds: 0)] : []
        #expect(client.sent() == [.disconnect(.success, properties)])
        #expect(!client.isOpen && client.isFinished)
        client.receive(.publish("a", qos: .atLeastOnce, id: 1))
        client.publish("a")
        client.advance(seconds: 600)
        #expect(client.sent().isEmpty)
    }

    @Test("A kept Session is left to the server at the end")
    func keptSession() {
        let client = TestClient { $0.session = .kept(seconds: 3_600) }
        client.connect()
        client.stop()
        #expect(client.sent() == [.disconnect()])
    }

    @Test("The Will stays with the server when it is asked to: by its own Reason Code, in 3.1.1 by no DISCONNECT [MQTT-3.14.2-1]")
    func publishWill() {
        let newer = TestClient { $0.session = .kept(seconds: 1) }
        newer.connect()
        newer.stop(publishWill: true)
        #expect(newer.sent() == [.disconnect(.disconnectWithWillMessage)])
        let older = TestClient(version: .v3_1_1)
        older.connect()
        older.stop(publishWill: true)
        #expect(older.sent().isEmpty && !older.isOpen)
    }

    @Test("Whoever waits is told that the client has stopped")
    func operationsEnd() {
        let client = TestClient()
        client.connect()
        let inFlight = client.publish("a")
        client.subscribed(3, "e")
        let operations = [
            inFlight, client.publish("b", qos: .exactlyOnce), client.subscribe(1, "c"), client.flush(), client.subscribe(2, "d"),
        ]
        client.stop()
        for operation in operations { #expect(client.outcomes[operation] == .failed(.stopped)) }
        #expect(client.endedSubscriptions == [1, 2, 3])
        let later = [client.publish("a"), client.flush(), client.subscribe(4, "f"), client.ping()]
        for operation in later { #expect(client.outcomes[operation] == .failed(.stopped)) }
        #expect(client.states.last == .stopped(nil))
    }

    @Test("Pings and repeated authentications end with their connection; publications outlive it")
    func connectionEnds() {
        let client = TestClient()
        client.connect()
        let (ping, publication) = (client.ping(), client.publish("a"))
        client.breakConnection()
        #expect(client.outcomes[ping] == .failed(.connectionLost))
        #expect(client.outcomes[publication] == nil)
        let late = client.ping()
        #expect(client.outcomes[late] == .failed(.connectionLost))
    }

    @Test("Opening and handshaking may take as long as was allowed, and no longer")
    func timeouts() {
        let client = TestClient { $0.connectTimeout = .seconds(3) }
        client.start()
        client.advance(milliseconds: 2_999)
        #expect(client.states.count == 1)
        client.advance(milliseconds: 1)
        #expect(client.lastError == .unreachable(ServerAddress(host: "broker"), reason: "no answer in time"))
        client.open()
        client.advance(seconds: 3)
        #expect(client.lastError == .timedOut && !client.isOpen)
    }

    @Test("A packet that cannot be read ends the connection, with its Reason Code in 5.0 [MQTT-4.8.0-1 of 3.1.1] [MQTT-2.1.3-1]")
    func malformed() {
        let client = TestClient()
        client.connect()
        client.receive([0xD1, 0x00])  // PINGRESP with a reserved flag
        #expect(client.sent() == [.disconnect(.malformedPacket)] && !client.isOpen)
        let older = TestClient(version: .v3_1_1)
        older.connect()
        older.receive([0xD1, 0x00])
        #expect(older.sent().isEmpty && !older.isOpen)
        if case .protocolViolation? = older.lastError {} else { Issue.record("\(String(describing: older.lastError))") }
    }

    @Test("What stands in the store is told before the end, since nothing is told afterwards")
    func lastCommit() {
        let client = TestClient(store: VirtualStore()) { $0.session = .kept(seconds: 60) }
        client.connect()
        client.publish("a")
        client.storesAtOnce = false
        client.publish("b", qos: .atMostOnce)
        client.receive(.puback(1))
        client.receive(.disconnect(.notAuthorized))
        #expect(client.isFinished)
        while client.work() {}
        #expect(client.store?.isEmpty == true)
    }

    @Test("A configuration that MQTT cannot carry ends the client before it connects")
    func configuration() {
        let client = TestClient { $0.receiveMaximum = 0 }
        client.start()
        #expect(client.opened.isEmpty && client.isFinished)
        #expect(client.lastError == .invalidArgument("receiveMaximum: expected 1 to 65,535, found 0"))
    }
}
