import MQTTCodec
import Testing

@testable import ClientCore

@Suite("Messages of a kept Session that nobody has asked for yet")
struct UnclaimedTests {
    private func resumed(_ receiveMaximum: UInt16 = 100) -> TestClient {
        let client = TestClient {
            $0.session = .kept(seconds: 600)
            $0.receiveMaximum = receiveMaximum
            $0.keepAlive = .zero
        }
        client.connect(sessionPresent: true)
        return client
    }

    @Test("They wait, unacknowledged, for the subscription that wants them")
    func claimed() {
        let client = resumed()
        client.receive(.publish("a", "1", qos: .atLeastOnce, id: 1), .publish("b", "2", qos: .exactlyOnce, id: 2), .publish("a", "3"))
        #expect(client.sent().isEmpty)
        client.subscribe(1, "a")
        #expect(client.texts() == ["1", "3"])
        #expect(client.sent() == [.subscribe("a", id: 1, identifier: 1)])
        client.subscribe(2, "b")
        #expect(client.texts(for: 2) == ["2"])
        client.acknowledge("1", "2")
        #expect(client.sent() == [.subscribe("b", id: 2, identifier: 2), .puback(1), .pubrec(2)])
    }

    @Test("Or for their own reader")
    func reader() {
        let client = resumed()
        client.receive(.publish("a", "1", qos: .atLeastOnce, id: 1))
        let operation = client.subscribe(9)
        #expect(client.outcomes[operation] == .granted([]))
        client.receive(.publish("a", "2"))
        #expect(client.texts(for: 9) == ["1", "2"])
        client.acknowledge("1")
        #expect(client.sent() == [.puback(1)])
        client.unsubscribe(9)
        client.receive(.publish("a", "3"))
        #expect(client.texts(for: 9) == ["1", "2"])
    }

    @Test("However many they are and however long it takes, none is acknowledged before somebody has taken it")
    func whole() {
        let client = resumed(4)
        for id in 1...4 as ClosedRange<UInt16> {
            client.receive(.publish("a", "\(id)", qos: id % 2 == 0 ? .exactlyOnce : .atLeastOnce, id: id))
        }
        client.advance(seconds: 3_600)
        #expect(client.sent().isEmpty)
        client.subscribe(1, "a")
        #expect(client.texts() == ["1", "2", "3", "4"])
        #expect(client.sent().map(\.type) == [.subscribe])
        client.acknowledge("1", "2", "3", "4")
        #expect(client.sent() == [.puback(1), .pubrec(2), .puback(3), .pubrec(4)])
    }

    @Test("Of QoS 0 the newest wait, as many as half of the Receive Maximum; they displace no other")
    func atMostOnce() {
        let client = resumed(4)
        client.receive(.publish("a", "numbered", qos: .atLeastOnce, id: 1), .publish("a", "1"), .publish("a", "2"), .publish("a", "3"))
        client.subscribe(1, "a")
        #expect(client.texts() == ["numbered", "2", "3"])
    }

    @Test("Other subscriptions may be made first: what they have dealt with waits for a minute behind what nobody has asked for yet")
    func subscribedOneByOne() {
        let client = resumed(4)
        client.receive(.publish("b", "1", qos: .atLeastOnce, id: 1))
        for id in 2...4 as ClosedRange<UInt16> { client.receive(.publish("a", "\(id)", qos: .atLeastOnce, id: id)) }
        client.subscribe(1, "a")
        client.acknowledge("2", "3", "4")
        client.advance(milliseconds: 59_999)
        #expect(client.sent() == [.subscribe("a", id: 1, identifier: 1)])
        client.subscribe(2, "b")
        client.acknowledge("1")
        #expect(client.sent().suffix(4) == (1...4 as ClosedRange<UInt16>).map { .puback($0) })
    }

    @Test("What nobody has asked for after a minute does not keep the rest from being acknowledged for ever")
    func standingInTheWay() {
        let client = resumed(4)
        client.subscribed(1, "a")
        client.receive(.publish("old", "1", qos: .atLeastOnce, id: 1))
        for id in 2...20 as ClosedRange<UInt16> {
            client.receive(.publish("a", "\(id)", qos: .atLeastOnce, id: id))
            client.acknowledge("\(id)")
        }
        #expect(client.sent().isEmpty)
        client.advance(seconds: 60)
        #expect(client.sent() == (1...20 as ClosedRange<UInt16>).map { .puback($0) })
        // From then on as soon as half of the Receive Maximum is taken up.
        client.receive(.publish("old", "21", qos: .exactlyOnce, id: 21), .publish("a", "22", qos: .atLeastOnce, id: 22))
        client.acknowledge("22")
        #expect(client.sent().isEmpty)
        client.receive(.publish("a", "23", qos: .atLeastOnce, id: 23))
        #expect(client.sent() == [.pubrec(21), .puback(22)])
        #expect(client.isOpen)
    }

    @Test("On a new connection the server sends QoS 1 once more, and QoS 2 is remembered [MQTT-4.3.3-10]")
    func acrossConnections() {
        let client = resumed()
        client.receive(.publish("a", "1", qos: .atLeastOnce, id: 1), .publish("a", "2", qos: .exactlyOnce, id: 2))
        client.breakConnection()
        client.connect(sessionPresent: true)
        client.receive(
            .publish("a", "1", qos: .atLeastOnce, id: 1, dup: true), .publish("a", "2", qos: .exactlyOnce, id: 2, dup: true))
        client.subscribe(1, "a")
        client.subscribe(2, "#")
        #expect(client.texts(for: 1).sorted() == ["1", "2"])
        client.acknowledge("1", "2")
        #expect(client.sent().suffix(2) == [.puback(1), .pubrec(2)])
    }

    @Test("In a Session of this run nothing waits: what was not asked for is acknowledged and dropped")
    func thisRun() {
        let client = TestClient()
        client.connect()
        client.receive(.publish("a", qos: .atLeastOnce, id: 1))
        #expect(client.sent() == [.puback(1)])
        client.subscribe(1, "a")
        #expect(client.received.isEmpty)
    }
}
