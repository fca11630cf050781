import MQTTCodec
import Testing

@testable import ClientCore

@Suite("Subscriptions over many connections, and who gets what")
struct SubscriptionsTests {
    @Test("Where the Session is gone, everything granted is asked for again, in order")
    func sessionGone() {
        let client = TestClient()
        client.connect()
        client.subscribed(1, "a")
        client.subscribed(2, "b/#")
        client.breakConnection()
        client.connect()
        #expect(
            client.sent() == [
                .subscribe("a", id: 3, identifier: 1, qos: .exactlyOnce), .subscribe("b/#", id: 4, identifier: 2, qos: .exactlyOnce),
            ])
    }

    @Test("Where the Session is there, nothing is asked for again but what had no answer")
    func sessionPresent() {
        let client = TestClient()
        client.connect()
        client.subscribed(1, "a")
        let operation = client.subscribe(2, "b")
        _ = client.sent()
        client.breakConnection()
        client.connect(sessionPresent: true)
        #expect(client.sent() == [.subscribe("b", id: 3, identifier: 2)])
        client.receive(.suback(3, .grantedQoS1))
        #expect(client.outcomes[operation] == .granted([.grantedQoS1]))
        client.breakConnection()
        client.connect(sessionPresent: true)
        #expect(client.sent().isEmpty)
    }

    @Test("One that a new server refuses is over")
    func refusedLater() {
        let client = TestClient()
        client.connect()
        client.subscribed(1, "a")
        client.breakConnection()
        client.connect()
        client.receive(.suback(2, .notAuthorized))
        #expect(client.endedSubscriptions == [1])
    }

    @Test("Asked for and ended without a connection, it is never mentioned")
    func whileAway() {
        let client = TestClient()
        client.start()
        let (first, second) = (client.subscribe(1, "a"), client.unsubscribe(1))
        #expect(client.outcomes[first] == .failed(.cancelled))
        client.connect()
        #expect(client.sent().isEmpty)
        #expect(client.outcomes[second] == .done(.success))
    }

    @Test("UNSUBSCRIBE outlives an interruption: it is sent again, or needless when the Session is gone", arguments: [true, false])
    func unsubscribeAcross(isSessionPresent: Bool) {
        let client = TestClient()
        client.connect()
        client.subscribed(1, "a")
        let operation = client.unsubscribe(1)
        #expect(client.sent() == [.unsubscribe("a", id: 2)])
        client.receive(.publish("a", "late", qos: .atLeastOnce, id: 9))
        #expect(client.sent() == [.puback(9)] && client.received.isEmpty)
        client.breakConnection()
        client.connect(sessionPresent: isSessionPresent)
        if isSessionPresent {
            #expect(client.sent() == [.unsubscribe("a", id: 3)])
            #expect(client.outcomes[operation] == nil)
            client.receive(.unsuback(3, .success))
        }
        #expect(client.sent().isEmpty && client.outcomes[operation] == .done(.success))
    }

    @Test("Ended before SUBACK, both answers are taken")
    func endedEarly() {
        let client = TestClient()
        client.connect()
        let (first, second) = (client.subscribe(1, "a"), client.unsubscribe(1))
        #expect(client.sent().map(\.type) == [.subscribe, .unsubscribe])
        client.receive(.suback(1, .success), .unsuback(2, .success))
        #expect(client.outcomes[first] == .failed(.cancelled) && client.outcomes[second] == .done(.success))
        #expect(client.isOpen)
    }

    @Test("By Subscription Identifiers a message goes to those it came by, whatever else would match")
    func identifiers() {
        let client = TestClient()
        client.connect()
        client.subscribed(1, "a/#")
        client.subscribed(2, "a/b")
        client.receive(.publish("a/b", "1", [.subscriptionIdentifier(1)]), .publish("a/b", "2", [.subscriptionIdentifier(2)]))
        client.receive(.publish("a/b", "3", [.subscriptionIdentifier(2), .subscriptionIdentifier(1)]))
        #expect(client.texts(for: 1) == ["1", "3"] && client.texts(for: 2) == ["2", "3"])
    }

    @Test(
        "Without them it goes to all whose filters match, and is acknowledged when all have dealt with it",
        arguments: ClientVersion.allCases)
    func overlapping(version: ClientVersion) {
        let client = TestClient(version: version)
        if version == .v5 { client.connect(.subscriptionIdentifierAvailable(false)) } else { client.connect() }
        client.subscribed(1, "a/#")
        client.subscribed(2, "a/b")
        client.subscribed(3, "c")
        client.receive(.publish("a/b", "1", qos: .atLeastOnce, id: 1))
        #expect(client.texts(for: 1) == ["1"] && client.texts(for: 2) == ["1"] && client.texts(for: 3).isEmpty)
        let receipt = client.received[0].message.receipt
        client.handle(.acknowledge([receipt]))
        #expect(client.sent().isEmpty)
        client.handle(.acknowledge([receipt]))
        #expect(client.sent() == [.puback(1)])
    }

    @Test("Two with the same filter both get what comes, though the server knows the last one only")
    func twins() {
        let client = TestClient()
        client.connect()
        client.subscribed(1, "a")
        client.subscribed(2, "a")
        client.receive(.publish("a", "1", [.subscriptionIdentifier(2)]))
        #expect(client.texts(for: 1) == ["1"] && client.texts(for: 2) == ["1"])
        client.unsubscribe(2)
        #expect(client.sent().isEmpty)
        client.receive(.publish("a", "2", [.subscriptionIdentifier(2)]))
        #expect(client.texts(for: 1) == ["1", "2"] && client.texts(for: 2) == ["1"])
    }

    @Test("Shared Subscriptions match by their filter")
    func shared() {
        let client = TestClient(version: .v3_1_1)
        client.connect()
        client.subscribed(1, "$share/g/a/+")
        client.receive(.publish("a/b", "1"), .publish("b", "2"))
        #expect(client.texts() == ["1"])
    }
}
