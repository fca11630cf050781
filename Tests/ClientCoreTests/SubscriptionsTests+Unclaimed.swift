import MQTTCodec
import Testing

@testable import ClientCore

@Suite("Messages of a kept Session that nobody has asked for yet")
struct UnclaimedTests {
    private func resumed(_ receiveMaximum: UInt16 = 100) -> TestClient {
        let client = TestClient {
            $0.session = .kept(seconds: 600)
            $0.receiveMaximum = receiveMaximum
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

    @Test("Beyond half of the Receive Maximum the oldest is given up, and no other is acknowledged with it")
    func bound() {
        let client = resumed(4)
        for id in 1...3 as ClosedRange<UInt16> { client.receive(.publish("a", "\(id)", qos: .exactlyOnce, id: id)) }
        #expect(client.sent() == [.pubrec(1)])
        client.subscribe(1, "a")
        #expect(client.texts() == ["2", "3"])
        #expect(client.sent().map(\.type) == [.subscribe])
        client.acknowledge("3")
        client.acknowledge("2")
        #expect(client.sent() == [.pubrec(2), .pubrec(3)])
    }

    @Test("What nobody will ever want does not keep the rest from being acknowledged")
    func standingInTheWay() {
        let client = resumed(4)
        client.subscribed(1, "a")
        client.receive(.publish("old", "1", qos: .atLeastOnce, id: 1))
        for id in 2...20 as ClosedRange<UInt16> {
            client.receive(.publish("a", "\(id)", qos: .atLeastOnce, id: id))
            client.acknowledge("\(id)")
        }
        #expect(client.isOpen)
        #expect(client.sent() == (1...20 as ClosedRange<UInt16>).map { .puback($0) })
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
