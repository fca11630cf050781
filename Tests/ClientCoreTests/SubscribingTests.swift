import MQTTCodec
import Testing

@testable import ClientCore

@Suite("Subscribing and unsubscribing")
struct SubscribingTests {
    @Test(
        "SUBSCRIBE has an identifier, the filters and their options, and its number as Subscription Identifier [MQTT-2.2.1-3] [MQTT-3.8.3-2] [MQTT-3.8.3-1]"
    )
    func subscribe() {
        let client = TestClient()
        client.connect()
        let operation = client.subscribe(
            7, TopicSubscription("a/+", maximumQoS: .exactlyOnce, noLocal: true, retainAsPublished: true, retainHandling: .doNotSend), "b")
        #expect(client.sentBytes() == [0x82, 15, 0, 1, 2, 0x0B, 7, 0, 3, 97, 47, 43, 0x2E, 0, 1, 98, 1])
        client.receive(.suback(1, .grantedQoS1, .notAuthorized))
        #expect(client.outcomes[operation] == .granted([.grantedQoS1, .notAuthorized]))
    }

    @Test("In 3.1.1 only the QoS goes along [MQTT-3.8.3-1 of 3.1.1] [MQTT-3.8.3-3 of 3.1.1]")
    func older() {
        let client = TestClient(version: .v3_1_1)
        client.connect()
        client.subscribe(7, TopicSubscription("a", maximumQoS: .exactlyOnce, noLocal: true))
        #expect(client.sentBytes() == [0x82, 6, 0, 1, 0, 1, 97, 2])
    }

    @Test("Refused for every filter, it is over", arguments: ClientVersion.allCases)
    func refused(version: ClientVersion) {
        let client = TestClient(version: version)
        client.connect()
        let operation = client.subscribe(1, "a", "b")
        client.receive(.suback(1, .unspecifiedError, .unspecifiedError))
        #expect(client.outcomes[operation] == .failed(.subscriptionRefused([.unspecifiedError, .unspecifiedError], reason: nil)))
        #expect(client.endedSubscriptions == [1])
        client.breakConnection()
        _ = client.sent()
        client.connect()
        #expect(client.sent().isEmpty)
    }

    @Test(
        """
        What is no Topic Filter is not sent [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.8.2-1] [MQTT-4.8.2-2] [MQTT-3.8.3-4] [MQTT-4.7.3-2]
        [MQTT-4.7.3-3] [MQTT-4.7.1-2 of 3.1.1] [MQTT-4.7.1-3 of 3.1.1] [MQTT-4.7.3-1 of 3.1.1]
        """,
        arguments: ["", "a#", "a/#/b", "a+", "+a/b", "a\0", "$share/", "$share//a", "$share/a", "$share/a/", "$share/a+/b", "$share/a/b+"])
    func filters(filter: String) {
        let client = TestClient()
        client.connect()
        let operation = client.subscribe(1, TopicSubscription(filter))
        guard case .failed(.invalidFilter(filter, _)) = client.outcomes[operation] else {
            Issue.record("\(String(describing: client.outcomes[operation]))")
            return
        }
        #expect(client.sent().isEmpty)
        let shared = client.subscribe(2, TopicSubscription("$share/g/a", noLocal: true))
        #expect(client.outcomes[shared] != nil && client.sent().isEmpty)
    }

    @Test("What the server does not offer is not asked of it")
    func notSupported() {
        let client = TestClient()
        client.connect(.wildcardSubscriptionAvailable(false), .sharedSubscriptionAvailable(false), .subscriptionIdentifierAvailable(false))
        let operations = [client.subscribe(1, "a/#"), client.subscribe(2, "$share/g/a")]
        for operation in operations {
            guard case .failed(.notSupported) = client.outcomes[operation] else {
                Issue.record("\(String(describing: client.outcomes[operation]))")
                continue
            }
        }
        #expect(client.endedSubscriptions == [1, 2])
        client.subscribe(3, "a")
        #expect(client.sent() == [.subscribe("a", id: 3, identifier: nil)])
    }

    @Test("Neither SUBSCRIBE nor UNSUBSCRIBE is larger than the Maximum Packet Size [MQTT-3.2.2-15]")
    func maximumPacketSize() {
        let client = TestClient()
        client.connect()
        let filter = TopicSubscription(stringLiteral: String(repeating: "f", count: 50))
        client.subscribe(1, filter)
        client.receive(.suback(1, .success))
        _ = client.sent()
        client.breakConnection()
        client.connect(sessionPresent: true, .maximumPacketSize(40))
        let operations = [client.subscribe(2, filter, "a"), client.unsubscribe(1)]
        #expect(client.outcomes[operations[0]] == .failed(.packetTooLarge(bytes: 64, maximum: 40)))
        #expect(client.outcomes[operations[1]] == .failed(.packetTooLarge(bytes: 57, maximum: 40)))
        #expect(client.sent().isEmpty)
    }

    @Test("User Properties that no packet can carry are refused [MQTT-1.5.7-1]")
    func userProperties() {
        let client = TestClient()
        client.connect()
        let operation = client.operation()
        let request = SubscribeRequest(
            subscription: 1, filters: ["a"], userProperties: [UserProperty("a", String(repeating: "x", count: 65_536))])
        client.handle(.subscribe(request, operation))
        guard case .failed(.invalidArgument) = client.outcomes[operation] else {
            Issue.record("\(String(describing: client.outcomes[operation]))")
            return
        }
        #expect(client.sent().isEmpty)
    }

    @Test(
        "UNSUBSCRIBE names the filters nobody else wants [MQTT-3.10.3-1] [MQTT-3.10.3-2] [MQTT-3.10.3-1 of 3.1.1] [MQTT-3.10.3-2 of 3.1.1]",
        arguments: ClientVersion.allCases)
    func unsubscribe(version: ClientVersion) {
        let client = TestClient(version: version)
        client.connect()
        client.subscribe(1, "a", "b")
        client.subscribe(2, "b", "c")
        client.receive(.suback(1, .success, .success), .suback(2, .success, .success))
        _ = client.sent()
        let operation = client.unsubscribe(1)
        #expect(client.sent() == [.unsubscribe("a", id: 3)])
        client.receive(.unsuback(3, .success))
        #expect(client.outcomes[operation] == .done(.success))
        client.unsubscribe(2)
        #expect(client.sent() == [.unsubscribe("b", "c", id: 4)])
        let never = client.unsubscribe(99)
        #expect(client.outcomes[never] == .done(.success))
    }

    @Test("An UNSUBSCRIBE that is refused says so")
    func unsubscribeRefused() {
        let client = TestClient()
        client.connect()
        client.subscribed(1, "a")
        let operation = client.unsubscribe(1)
        client.receive(.unsuback(2, .notAuthorized))
        #expect(client.outcomes[operation] == .failed(.subscriptionRefused([.notAuthorized], reason: nil)))
    }

    @Test(
        "An answer that was not asked for, or of another length, is a Protocol Error [MQTT-3.9.3-2] [MQTT-3.11.3-2] [MQTT-3.9.3-2 of 3.1.1]",
        arguments: [
            [0x90, 4, 0, 9, 0, 0], [0xB0, 4, 0, 9, 0, 0], [0x90, 5, 0, 1, 0, 0, 0], [0x90, 4, 0, 1, 0, 0x11], [0xB0, 4, 0, 1, 0, 0x12],
            [0xB0, 4, 0, 1, 0, 0],
        ] as [[UInt8]])
    func wrongAnswers(bytes: [UInt8]) {
        let client = TestClient()
        client.connect()
        let operation = client.subscribe(1, "a")
        _ = client.sent()
        client.receive(bytes)
        #expect(client.sent() == [.disconnect(.protocolError)] && !client.isOpen)
        client.connect(sessionPresent: true)
        #expect(client.sent().map(\.type) == [.subscribe])
        #expect(client.outcomes[operation] == nil)
        let older = TestClient(version: .v3_1_1)
        older.connect()
        older.subscribe(1, "a")
        older.receive([0x90, 3, 0, 1, 0x81])
        #expect(!older.isOpen)
    }
}
