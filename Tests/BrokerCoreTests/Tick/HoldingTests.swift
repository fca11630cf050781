import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Promises and the disk")
struct HoldingTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    /// A client that is kept and subscribed to `t`, on a disk that is slow from now on.
    private func start(_ broker: inout TestBroker, _ disk: TestDisk) -> TestBroker.Client {
        let client = broker.connect("kept", properties: persistent)
        broker.send(.subscribe("t", qos: .exactlyOnce), from: client)
        _ = broker.received(client)
        disk.isSlow = true
        return client
    }

    @Test("PUBACK and PUBREC wait for it, in their order; PINGRESP and QoS 0 do not")
    func acknowledgements() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let kept = start(&broker, disk)
        let publisher = broker.connect("publisher")
        broker.send([.publish("t", "1", qos: .atLeastOnce, id: 1), .publish("nobody", "2", qos: .atLeastOnce, id: 2)], from: publisher)
        broker.send([.publish("t", "3"), .pingRequest], from: publisher)
        #expect(broker.received(publisher) == [.pingResponse])
        #expect(broker.payloads(kept) == ["1", "3"])
        disk.isSlow = false
        broker.settle()
        #expect(broker.received(publisher) == [.puback(1), .puback(2, .noMatchingSubscribers)])
    }

    @Test("a QoS 2 message is not sent before its identifier is safe, and QoS 1 does not overtake it")
    func exactlyOnce() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let kept = start(&broker, disk)
        let publisher = broker.connect("publisher")
        broker.send(
            [.publish("t", "1", qos: .exactlyOnce, id: 1), .publish("t", "2", qos: .atLeastOnce, id: 2), .publish("t", "0")],
            from: publisher)
        #expect(broker.payloads(kept) == ["0"])
        disk.isSlow = false
        broker.settle()
        #expect(broker.payloads(kept) == ["1", "2"])
        disk.isSlow = true
        broker.send(.pubrec(1), from: kept)
        #expect(broker.received(kept).isEmpty)
        disk.isSlow = false
        broker.settle()
        #expect(broker.received(kept) == [.pubrel(1)])
    }

    @Test("CONNACK and SUBACK of a session that is kept wait, and nothing comes before them")
    func gates() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let kept = start(&broker, disk)
        let publisher = broker.connect("publisher")
        broker.send(.subscribe("u"), from: kept)
        broker.send(.publish("u", "live"), from: publisher)
        broker.send(.pingRequest, from: kept)
        #expect(broker.received(kept).isEmpty)
        let another = broker.open()
        var connect = ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("another"))
        connect.properties = PropertyList(persistent)
        broker.send(.connect(connect), from: another)
        #expect(broker.received(another).isEmpty)
        disk.isSlow = false
        broker.settle()
        let packets = broker.received(kept)
        #expect(packets.first?.type == .suback)
        #expect(packets.count == 3)
        #expect(broker.received(another).first?.type == .connack)
    }

    @Test("what promises nothing waits for the promises before it, and not for those behind it")
    func gateOpens() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let another = broker.connect("another", properties: persistent)
        broker.send(.subscribe("a", qos: .atLeastOnce), from: another)
        let kept = start(&broker, disk)
        let publisher = broker.connect("publisher")
        broker.send(.subscribe("u"), from: kept)
        broker.send(.publish("a", "for another", qos: .atLeastOnce), from: publisher)
        broker.send(.publish("u", "behind"), from: publisher)
        #expect(broker.received(kept).isEmpty)
        disk.commitOldest(1)
        broker.settle()
        #expect(broker.received(kept).map(\.type) == [.suback, .publish])
        #expect(broker.received(publisher).isEmpty)
    }

    @Test("who comes to a client without a session that is kept does not wait for others")
    func others() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        _ = start(&broker, disk)
        let publisher = broker.connect("publisher")
        broker.send(.publish("t", "1", qos: .atLeastOnce), from: publisher)
        let clean = broker.connect("clean")
        broker.send(.subscribe("c", qos: .atLeastOnce), from: clean)
        broker.send(.publish("c", "x", qos: .atLeastOnce), from: clean)
        #expect(broker.received(clean).map(\.type) == [.suback, .puback, .publish])
    }

    @Test("relaxed, nothing waits")
    func relaxed() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk, durability: .relaxed)
        disk.isSlow = true
        let client = broker.connect("kept", properties: persistent)
        broker.send(.subscribe("t", qos: .exactlyOnce), from: client)
        broker.send(.publish("t", "x", qos: .exactlyOnce, id: 9), from: client)
        #expect(broker.received(client).map(\.type) == [.suback, .pubrec, .publish])
    }
}
