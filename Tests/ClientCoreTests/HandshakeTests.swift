import MQTTCodec
import Testing

@testable import ClientCore

@Suite("CONNECT and CONNACK")
struct HandshakeTests {
    @Test(
        """
        CONNECT holds what its flags announce, in the standard's order [MQTT-3.1.2-9] [MQTT-3.1.3-1] [MQTT-3.1.3-3] [MQTT-3.1.3-4]
        [MQTT-3.1.3-11] [MQTT-3.1.3-12] [MQTT-3.1.2-12] [MQTT-3.1.2-17] [MQTT-3.1.2-19] [MQTT-3.1.2-1]
        """)
    func everything() {
        let client = TestClient {
            $0.will = Will(
                topic: "w", payload: [7], qos: .exactlyOnce, retain: true, delaySeconds: 5, properties: MessageProperties(contentType: "t"))
            $0.userName = "u"
            $0.password = [1, 2]
            $0.keepAlive = .seconds(30)
            $0.userProperties = [UserProperty("n", "v")]
            $0.topicAliasMaximum = 0
        }
        client.start()
        client.handle(.opened)
        let properties: [UInt8] = [0x11, 0, 0, 1, 44, 0x21, 4, 0, 0x27, 1, 0, 0, 0, 0x26, 0, 1, 110, 0, 1, 118]
        let will: [UInt8] = [9, 0x03, 0, 1, 116, 0x18, 0, 0, 0, 5, 0, 1, 119, 0, 1, 7]
        let body = [0, 4, 77, 81, 84, 84, 5, 0xF6, 0, 30, 20] + properties + [0, 1, 99] + will + [0, 1, 117, 0, 2, 1, 2]
        #expect(client.sentBytes() == [0x10, UInt8(body.count)] + body)
    }

    @Test(
        """
        A plain CONNECT has no flag and no field that was not asked for [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-16] [MQTT-3.1.2-18]
        [MQTT-4.12.0-7]
        """)
    func plain() throws {
        let client = TestClient()
        let packet = try #require(client.connect())
        #expect(packet.will == nil && packet.userName == nil && packet.password == nil)
        #expect(packet.properties.authenticationMethod == nil)
        #expect(packet.cleanStart && packet.keepAliveSeconds == 60)
    }

    @Test(
        """
        In 3.1.1 the same fields in the same order [MQTT-3.1.2-9 of 3.1.1] [MQTT-3.1.2-14 of 3.1.1] [MQTT-3.1.2-19 of 3.1.1]
        [MQTT-3.1.2-21 of 3.1.1] [MQTT-3.1.3-1 of 3.1.1] [MQTT-3.1.3-3 of 3.1.1] [MQTT-3.1.3-4 of 3.1.1] [MQTT-3.1.3-10 of 3.1.1]
        [MQTT-3.1.3-11 of 3.1.1]
        """)
    func everythingOlder() {
        let client = TestClient(version: .v3_1_1) {
            $0.will = Will(topic: "w", payload: [7], qos: .atLeastOnce, delaySeconds: 5)
            $0.userName = "u"
            $0.password = [1, 2]
        }
        client.start()
        client.handle(.opened)
        #expect(
            client.sentBytes() == [
                0x10, 26, 0, 4, 77, 81, 84, 84, 4, 0xCE, 0, 60, 0, 1, 99, 0, 1, 119, 0, 1, 7, 0, 1, 117, 0, 2, 1, 2,
            ])
    }

    @Test(
        """
        In 3.1.1 no flag without its field [MQTT-3.1.2-11 of 3.1.1] [MQTT-3.1.2-13 of 3.1.1] [MQTT-3.1.2-15 of 3.1.1]
        [MQTT-3.1.2-18 of 3.1.1] [MQTT-3.1.2-20 of 3.1.1]
        """)
    func plainOlder() {
        let client = TestClient(version: .v3_1_1)
        client.start()
        client.handle(.opened)
        #expect(client.sentBytes() == [0x10, 13, 0, 4, 77, 81, 84, 84, 4, 0x02, 0, 60, 0, 1, 99])
    }

    @Test(
        "Without an identifier 3.1.1 makes one and asks for a clean Session, and keeps it [MQTT-3.1.3-7 of 3.1.1] [MQTT-3.1.3-2 of 3.1.1]")
    func randomIdentifier() throws {
        let client = TestClient(version: .v3_1_1) { $0.clientID = "" }
        let first = try #require(client.connect())
        #expect(first.clientID.string.hasPrefix("martlet-") && first.clientID.bytes.count == 20 && first.cleanStart)
        client.breakConnection()
        #expect(client.connect()?.clientID == first.clientID)
    }

    @Test("The identifier the server assigned is the one of the Session from then on [MQTT-3.1.3-2]")
    func assignedIdentifier() throws {
        let client = TestClient { $0.clientID = "" }
        #expect(client.connect(.assignedClientIdentifier(UTF8Text("given")))?.clientID.isEmpty == true)
        #expect(client.connection?.clientID == "given")
        client.breakConnection()
        #expect(client.connect(sessionPresent: true)?.clientID.string == "given")
    }

    @Test("A run begins with a new Session and comes back to it after an interruption [MQTT-3.1.2-4] [MQTT-3.1.2-23]")
    func thisRun() throws {
        let client = TestClient()
        let first = try #require(client.connect())
        #expect(first.cleanStart && first.properties.sessionExpiryInterval == 300)
        client.breakConnection()
        #expect(client.connect(sessionPresent: true)?.cleanStart == false)
        #expect(client.connection?.sessionPresent == true)
    }

    @Test(
        "A kept Session is asked for from the first connection on [MQTT-3.1.2-23] [MQTT-3.1.2-4 of 3.1.1]",
        arguments: ClientVersion.allCases)
    func kept(version: ClientVersion) throws {
        let client = TestClient(version: version) { $0.session = .kept(seconds: 77) }
        let packet = try #require(client.connect(sessionPresent: true))
        #expect(!packet.cleanStart)
        if version == .v5 { #expect(packet.properties.sessionExpiryInterval == 77) }
        client.breakConnection()
        #expect(client.connect(sessionPresent: true)?.cleanStart == false)
    }

    @Test("In 3.1.1 a Session of this run lasts as long as its connection [MQTT-3.1.2-6 of 3.1.1]")
    func cleanSession() throws {
        let client = TestClient(version: .v3_1_1)
        client.connect()
        client.subscribed(1, "a")
        client.receive(.publish("a", "1", qos: .exactlyOnce, id: 5))
        client.breakConnection()
        #expect(client.connect()?.cleanStart == true)
        guard case .subscribe? = client.sent().first else {
            Issue.record("not subscribed again")
            return
        }
        // The same identifier is another message's now.
        client.receive(.publish("a", "2", qos: .exactlyOnce, id: 5))
        #expect(client.texts() == ["1", "2"])
    }

    @Test("Session Present where a new Session was asked for: the connection is closed and tried again [MQTT-3.2.2-4]")
    func sessionNotAskedFor() {
        let client = TestClient()
        client.connect(sessionPresent: true)
        #expect(!client.isOpen)
        #expect(client.lastError == .protocolViolation("the server has a Session where a new one was asked for"))
        #expect(client.connect()?.cleanStart == true)
        #expect(client.connection != nil)
    }

    @Test("What the server says of itself is told, with the standard's defaults for the rest")
    func information() {
        let client = TestClient()
        client.connect(
            .maximumQoS(1), .retainAvailable(false), .maximumPacketSize(1_000), .receiveMaximum(3), .topicAliasMaximum(4),
            .serverKeepAlive(seconds: 9), .sessionExpiryInterval(seconds: 10), .sharedSubscriptionAvailable(false),
            .responseInformation(UTF8Text("r")), .userProperty(UTF8Text("a"), UTF8Text("b")))
        let info = client.connection
        #expect(info?.maximumQoS == .atLeastOnce && info?.retainAvailable == false && info?.maximumPacketSize == 1_000)
        #expect(info?.receiveMaximum == 3 && info?.topicAliasMaximum == 4 && info?.keepAliveSeconds == 9)
        #expect(info?.sessionExpirySeconds == 10 && info?.sharedSubscriptionAvailable == false)
        #expect(info?.wildcardSubscriptionAvailable == true && info?.subscriptionIdentifiersAvailable == true)
        #expect(info?.responseInformation == "r" && info?.userProperties == [UserProperty("a", "b")])
    }
}
