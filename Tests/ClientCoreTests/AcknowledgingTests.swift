import MQTTCodec
import Testing

@testable import ClientCore

@Suite("The server's answers, and the Session after a connection")
struct AcknowledgingTests {
    @Test("PUBACK ends a QoS 1 exchange, with its Reason Code [MQTT-4.3.2-3] [MQTT-3.4.2-1] [MQTT-2.2.1-5]")
    func puback() {
        let client = TestClient()
        client.connect()
        let operations = (1...3).map { _ in client.publish("a") }
        client.receive(.puback(3), .puback(1, .noMatchingSubscribers), .puback(2, .notAuthorized))
        #expect(
            operations.map { client.outcomes[$0] } == [
                .done(.noMatchingSubscribers), .failed(.publishRefused(.notAuthorized, reason: nil)), .done(.success),
            ])
        #expect(client.isFlushed)
    }

    @Test(
        """
        PUBREC is answered by PUBREL with the same identifier, PUBCOMP ends it [MQTT-4.3.3-3] [MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-2.2.1-5]
        [MQTT-2.3.1-6 of 3.1.1] [MQTT-4.3.3-1 of 3.1.1]
        """, arguments: ClientVersion.allCases)
    func exactlyOnce(version: ClientVersion) {
        let client = TestClient(version: version)
        client.connect()
        let operation = client.publish("a", qos: .exactlyOnce)
        client.receive(.pubrec(1, version == .v5 ? .noMatchingSubscribers : .success))
        #expect(client.sent().last == .pubrel(1))
        #expect(client.outcomes[operation] == nil)
        client.receive(.pubcomp(1))
        #expect(client.outcomes[operation] == .done(version == .v5 ? .noMatchingSubscribers : .success))
    }

    @Test("PUBRELs follow in the order of the PUBRECs [MQTT-4.6.0-4] [MQTT-4.6.0-4 of 3.1.1]", arguments: ClientVersion.allCases)
    func pubrelOrder(version: ClientVersion) {
        let client = TestClient(version: version)
        client.connect()
        for _ in 0..<4 { client.publish("a", qos: .exactlyOnce) }
        _ = client.sent()
        client.receive(.pubrec(3), .pubrec(1), .pubrec(4), .pubrec(2))
        #expect(client.sent() == [.pubrel(3), .pubrel(1), .pubrel(4), .pubrel(2)])
    }

    @Test(
        """
        Where the Session goes on, what is unacknowledged is sent again: in order, with DUP, under the same identifiers, and a PUBREL instead
        of a message that had PUBREC [MQTT-3.3.1-1] [MQTT-4.3.3-6] [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-4.1.0-1] [MQTT-2.3.1-3 of 3.1.1]
        [MQTT-3.3.1-1 of 3.1.1] [MQTT-4.3.3-1 of 3.1.1] [MQTT-4.4.0-1 of 3.1.1] [MQTT-4.6.0-1 of 3.1.1] [MQTT-4.1.0-1 of 3.1.1]
        """, arguments: ClientVersion.allCases)
    func resume(version: ClientVersion) {
        let client = TestClient(version: version) { $0.session = .kept(seconds: 60) }
        client.connect()
        for (index, qos) in [QoS.atLeastOnce, .exactlyOnce, .exactlyOnce, .atLeastOnce].enumerated() {
            client.publish("a", "\(index)", qos: qos)
        }
        client.receive(.pubrec(2))
        _ = client.sent()
        client.breakConnection()
        client.publish("a", "new")
        client.connect(sessionPresent: true)
        #expect(
            client.sent() == [
                .publish("a", "0", qos: .atLeastOnce, id: 1, dup: true), .pubrel(2),
                .publish("a", "2", qos: .exactlyOnce, id: 3, dup: true),
                .publish("a", "3", qos: .atLeastOnce, id: 4, dup: true), .publish("a", "new", qos: .atLeastOnce, id: 5),
            ])
    }

    @Test("Sending again keeps within the Receive Maximum of the new connection; a PUBREL takes no place [MQTT-3.3.4-7] [MQTT-4.9.0-1]")
    func resumeWithinQuota() {
        let client = TestClient()
        client.connect()
        for _ in 0..<4 { client.publish("a", qos: .exactlyOnce) }
        client.receive(.pubrec(1))
        _ = client.sent()
        client.breakConnection()
        client.connect(sessionPresent: true, .receiveMaximum(1))
        #expect(client.sent().map(\.type) == [.pubrel, .publish])
        client.receive(.pubcomp(1))
        #expect(client.sent().isEmpty)
        client.receive(.pubrec(2), .pubcomp(2))
        #expect(client.sent() == [.pubrel(2), .publish("a", qos: .exactlyOnce, id: 3, dup: true)])
    }

    @Test("On a connection that stands nothing is sent twice [MQTT-4.4.0-1]")
    func neverOnItsOwn() {
        let client = TestClient { $0.keepAlive = .zero }
        client.connect()
        client.publish("a")
        client.publish("a", qos: .exactlyOnce)
        #expect(client.sentPublishes().count == 2)
        client.advance(seconds: 100_000)
        #expect(client.sent().isEmpty)
    }

    @Test("A message that was refused is not sent again [MQTT-4.4.0-2]")
    func refused() {
        let client = TestClient()
        client.connect()
        client.publish("a")
        client.publish("a", qos: .exactlyOnce)
        client.receive(.puback(1, .quotaExceeded), .pubrec(2, .notAuthorized))
        client.breakConnection()
        client.connect(sessionPresent: true)
        #expect(client.sent().isEmpty && client.isFlushed)
    }

    @Test(
        """
        Where the Session is gone, ours ends, too: messages without an answer are sent as new ones and first, those with PUBREC are the
        server's [MQTT-3.2.2-5] [MQTT-3.3.1-3] [MQTT-3.3.1-3 of 3.1.1]
        """, arguments: ClientVersion.allCases)
    func sessionGone(version: ClientVersion) {
        let client = TestClient(version: version) { $0.session = .kept(seconds: 60) }
        client.connect()
        let operations = (0..<3).map { client.publish("a", "\($0)", qos: $0 == 2 ? .atLeastOnce : .exactlyOnce) }
        client.receive(.pubrec(1))
        _ = client.sent()
        client.breakConnection()
        client.publish("a", "new")
        client.connect()
        #expect(client.outcomes[operations[0]] == .done(.success))
        let again = client.sentPublishes()
        #expect(again.map(\.text) == ["1", "2", "new"])
        #expect(again.allSatisfy { !$0.dup })
        for publish in again {
            client.receive(publish.qos == .atLeastOnce ? .puback(publish.packetID ?? 0) : .pubrec(publish.packetID ?? 0))
        }
        for case .acknowledgement(let pubrel) in client.sent() { client.receive(.pubcomp(pubrel.packetID)) }
        #expect(client.isFlushed)
    }

    @Test("Answers to nothing do no harm; a PUBREC to nothing is told so [MQTT-2.2.1-5] [MQTT-3.6.2-1]")
    func unknown() {
        let client = TestClient()
        client.connect()
        client.receive(.puback(9), .pubcomp(9), .pubrec(9))
        #expect(client.sent() == [.pubrel(9, .packetIdentifierNotFound)] && client.isOpen)
    }

    @Test(
        "An answer of the wrong kind is a Protocol Error", arguments: [Packet.puback(1), .pubcomp(1), .pubrec(2), .pubcomp(2), .puback(3)])
    func wrongKind(answer: Packet) {
        let client = TestClient()
        client.connect()
        client.publish("a", qos: .exactlyOnce)
        client.publish("a")
        client.subscribe(1, "b")
        _ = client.sent()
        client.receive(answer)
        #expect(client.sent() == [.disconnect(.protocolError)] && !client.isOpen)
        client.connect(sessionPresent: true)
        #expect(client.sent().map(\.type) == [.subscribe, .publish, .publish])
    }

    @Test("A server that never completes does not use up the identifiers: messages, then subscriptions wait for one [MQTT-2.2.1-3]")
    func exhaustion() {
        let client = TestClient { $0.inFlight = 65_000 }
        client.connect()
        for _ in 0..<65_000 { client.publish("a", qos: .exactlyOnce) }
        _ = client.sent()
        for packetID in 1...65_000 as ClosedRange<UInt16> { client.receive(.pubrec(packetID)) }
        client.breakConnection()
        client.connect(sessionPresent: true)
        client.publish("a", "late")
        for number in 1...501 as ClosedRange<UInt32> { client.subscribe(number, "a") }
        let types = client.sent().map(\.type)
        #expect(types.filter { $0 == .pubrel }.count == 65_000 && types.filter { $0 == .subscribe }.count == 500)
        #expect(!types.contains(.publish))
        client.receive(.pubcomp(9))
        #expect(client.sent().map(\.type) == [.subscribe])
        for packetID in 1_000...1_501 as ClosedRange<UInt16> { client.receive(.pubcomp(packetID)) }
        #expect(client.sentPublishes().map(\.text) == ["late"])
    }

    @Test(
        "PUBREL and DISCONNECT carry neither Reason String nor User Property [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.14.2-3] [MQTT-3.14.2-4]")
    func noProperties() {
        let client = TestClient { $0.session = .kept(seconds: 9) }
        client.connect()
        client.publish("a", qos: .exactlyOnce)
        _ = client.sent()
        client.receive(.pubrec(1))
        client.stop()
        #expect(client.sentBytes() == [0x62, 2, 0, 1, 0xE0, 0])
    }
}
