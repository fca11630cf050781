import MQTTCodec
import Testing

@testable import ClientCore

@Suite("Publishing")
struct SendingTests {
    @Test(
        "QoS 0 goes out once, without an identifier and with DUP 0 [MQTT-2.2.1-2] [MQTT-3.3.1-2] [MQTT-4.3.1-1] [MQTT-2.2.2-1] [MQTT-3.3.2-1]"
    )
    func atMostOnce() {
        let client = TestClient()
        client.connect(.topicAliasMaximum(0))
        let operation = client.publish("a", "x", qos: .atMostOnce)
        #expect(client.outcomes[operation] == .done(.success))
        #expect(client.sentBytes() == [0x30, 5, 0, 1, 97, 0, 120])
        client.breakConnection()
        client.connect(sessionPresent: true)
        #expect(client.sent().isEmpty)
    }

    @Test(
        """
        In 3.1.1 likewise, and nothing of 5.0 goes out [MQTT-2.3.1-5 of 3.1.1] [MQTT-3.3.1-2 of 3.1.1] [MQTT-4.3.1-1 of 3.1.1]
        [MQTT-3.3.2-1 of 3.1.1]
        """)
    func atMostOnceOlder() {
        let client = TestClient(version: .v3_1_1)
        client.connect()
        client.publish("a", "x", qos: .atMostOnce, [.contentType(UTF8Text("t"))])
        client.publish("a", "y", retain: true)
        #expect(client.sentBytes() == [0x30, 4, 0, 1, 97, 120, 0x33, 6, 0, 1, 97, 0, 1, 121])
    }

    @Test(
        """
        Each new message has an identifier that is not in use, its QoS and DUP 0 [MQTT-2.2.1-3] [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.3-1]
        [MQTT-4.3.3-2] [MQTT-2.3.1-1 of 3.1.1] [MQTT-2.3.1-2 of 3.1.1] [MQTT-4.3.2-1 of 3.1.1] [MQTT-4.3.3-1 of 3.1.1]
        """, arguments: ClientVersion.allCases)
    func identifiers(version: ClientVersion) {
        let client = TestClient(version: version) { $0.inFlight = 65_000 }
        client.connect()
        var inUse: Set<UInt16> = []
        // The first message is never acknowledged, so its identifier is passed over when the others have gone round.
        for round in 0..<66_000 {
            client.publish("a", qos: round % 2 == 0 ? .atLeastOnce : .exactlyOnce)
            for packet in client.sent() {
                guard case .publish(let publish) = packet, let packetID = publish.packetID else { continue }
                if packetID == 0 || publish.dup || !inUse.insert(packetID).inserted {
                    Issue.record("identifier \(packetID), round \(round)")
                }
                if publish.qos != (round % 2 == 0 ? .atLeastOnce : .exactlyOnce) { Issue.record("QoS of round \(round)") }
                if round == 0 { continue }
                if publish.qos == .atLeastOnce {
                    client.receive(.puback(packetID))
                } else {
                    client.receive(.pubrec(packetID), .pubcomp(packetID))
                }
                inUse.remove(packetID)
            }
        }
        #expect(inUse == [1])
    }

    @Test(
        """
        At most Receive Maximum are unacknowledged, and all else passes [MQTT-3.3.4-7] [MQTT-3.3.4-8] [MQTT-4.9.0-1] [MQTT-4.9.0-2]
        [MQTT-4.9.0-3]
        """)
    func receiveMaximum() {
        let client = TestClient()
        client.connect(.receiveMaximum(2))
        for text in ["1", "2", "3", "4"] { client.publish("a", text, qos: text == "2" ? .exactlyOnce : .atLeastOnce) }
        #expect(client.sentPublishes().map(\.text) == ["1", "2"])
        client.ping()
        client.subscribe(1, "b")
        client.receive(.publish("c", qos: .exactlyOnce, id: 9), .pubrec(2))
        #expect(client.sent().map(\.type) == [.pingRequest, .subscribe, .pubrec, .pubrel])
        // PUBREC frees no place, PUBCOMP does.
        client.receive(.pubcomp(2))
        #expect(client.sentPublishes().map(\.text) == ["3"])
        client.receive(.puback(1))
        #expect(client.sentPublishes().map(\.text) == ["4"])
    }

    @Test("A PUBREC that refuses frees a place, too [MQTT-4.9.0-2] [MQTT-4.4.0-2]")
    func refusedFreesPlace() {
        let client = TestClient()
        client.connect(.receiveMaximum(1))
        let first = client.publish("a", "1", qos: .exactlyOnce)
        client.publish("a", "2")
        client.receive(.pubrec(1, .quotaExceeded))
        #expect(client.sentPublishes().map(\.text) == ["1", "2"])
        #expect(client.outcomes[first] == .failed(.publishRefused(.quotaExceeded, reason: nil)))
    }

    @Test("Our own bound counts where it is lower, and messages wait their turn behind others of any QoS")
    func order() {
        let client = TestClient { $0.inFlight = 1 }
        client.connect()
        for text in ["1", "2"] { client.publish("a", text) }
        client.publish("a", "3", qos: .atMostOnce)
        #expect(client.sentPublishes().map(\.text) == ["1"])
        client.receive(.puback(1))
        #expect(client.sentPublishes().map(\.text) == ["2", "3"])
    }

    @Test("QoS above Maximum QoS is not sent, but refused [MQTT-3.2.2-11]")
    func maximumQoS() {
        let client = TestClient()
        client.connect(.maximumQoS(0))
        let operation = client.publish("a")
        let passing = client.publish("a", qos: .atMostOnce)
        #expect(client.sentPublishes().map(\.qos) == [.atMostOnce])
        #expect(client.outcomes[operation] == .failed(.notSupported("the server takes QoS 0 at most")))
        #expect(client.outcomes[passing] == .done(.success))
    }

    @Test("RETAIN is not sent to a server without Retained Messages [MQTT-3.2.2-14]")
    func retainAvailable() {
        let client = TestClient()
        client.connect(.retainAvailable(false))
        for qos in QoS.allCases {
            let operation = client.publish("a", qos: qos, retain: true)
            #expect(client.outcomes[operation] == .failed(.notSupported("the server keeps no Retained Messages")))
        }
        #expect(client.sent().isEmpty)
    }

    @Test("No packet is larger than the server's Maximum Packet Size [MQTT-3.2.2-15]", arguments: [QoS.atMostOnce, .exactlyOnce])
    func maximumPacketSize(qos: QoS) {
        let client = TestClient()
        client.connect(.maximumPacketSize(40), .topicAliasMaximum(10))
        for length in 20...40 {
            let operation = client.publish("t\(length)", String(repeating: "x", count: length), qos: qos)
            let bytes = client.sentBytes()
            #expect(bytes.count <= 40)
            if bytes.isEmpty {
                let size = length + 8 + (qos == .atMostOnce ? 0 : 2)
                #expect(client.outcomes[operation] == .failed(.packetTooLarge(bytes: size, maximum: 40)))
            } else {
                #expect(client.outcomes[operation] != .failed(.packetTooLarge(bytes: bytes.count, maximum: 40)))
            }
        }
    }

    @Test("Message expiry stays as it was given when a message is sent again [MQTT-4.3.3-7]")
    func expiry() {
        let client = TestClient()
        client.connect()
        client.publish("a", qos: .exactlyOnce, [.messageExpiryInterval(seconds: 1)])
        client.advance(seconds: 30)
        client.breakConnection()
        client.connect(sessionPresent: true)
        let expiries = client.sentPublishes().map(\.properties.messageExpiryInterval)
        #expect(expiries == [1])
    }

    @Test("What is written at once is bounded; the rest follows when it is written")
    func holdingBack() {
        let client = TestClient()
        client.start()
        for _ in 0..<10 { client.publish("a", String(repeating: "x", count: 100_000)) }
        client.connect()
        #expect(client.sentPublishes().count == 10)
        client.handle(.congested)
        client.publish("a", "late")
        #expect(client.sent().isEmpty)
        client.handle(.writable)
        #expect(client.sentPublishes().map(\.text) == ["late"])
    }

    @Test("The oldest waiting message makes room for a new one, if that is what was asked for")
    func dropOldest() {
        let client = TestClient {
            $0.outbox.messages = 3
            $0.outbox.whenFull = .dropOldest
            $0.inFlight = 1
        }
        client.connect()
        let operations = (1...5).map { client.publish("a", "\($0)") }
        #expect(operations.map { client.outcomes[$0] } == [nil, .failed(.dropped), .failed(.dropped), nil, nil])
        client.receive(.puback(1))
        client.receive(.puback(2))
        #expect(client.sentPublishes().map(\.text) == ["1", "4", "5"])
        #expect(client.released.messages == 4)
    }

    @Test("A flush is over when everything accepted before it is through")
    func flush() {
        let client = TestClient()
        client.start()
        let empty = client.flush()
        #expect(client.outcomes[empty] == .done(.success))
        client.publish("a", "1")
        client.publish("a", "2", qos: .atMostOnce)
        let flush = client.flush()
        client.connect()
        client.publish("a", "3")
        #expect(client.outcomes[flush] == nil && !client.isFlushed)
        client.receive(.puback(1))
        #expect(client.outcomes[flush] == .done(.success) && !client.isFlushed)
        client.receive(.puback(2))
        #expect(client.isFlushed)
    }

    @Test("What does not get through is told to who waits, and counted where nobody does")
    func failing() {
        let client = TestClient()
        let told = client.publish("a", "r", qos: .atMostOnce, retain: true)
        for qos in QoS.allCases { client.handOver("a", qos: qos, retain: true) }
        client.handOver("a", qos: .atLeastOnce)
        client.connect(.retainAvailable(false))
        #expect(client.outcomes[told] == .failed(.notSupported("the server keeps no Retained Messages")))
        #expect(client.failedMessages == 3)
        // At once, when nothing is before it; and when the server says so.
        client.receive(.puback(1, .notAuthorized))
        #expect(client.failedMessages == 4)
        client.handOver("a", qos: .atMostOnce, retain: true)
        #expect(client.failedMessages == 5)
        client.handOver("a", qos: .atMostOnce)
        #expect(client.failedMessages == 5 && client.released.messages == 7)
    }
}
