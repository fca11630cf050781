import BrokerRecords
import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Messages on disk")
struct KeepingMessagesTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    @Test("one record for all who have a claim, gone when the last has acknowledged")
    func fanOut() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        var clients: [TestBroker.Client] = []
        for name in ["a", "b", "c"] {
            let client = broker.connect(name, properties: persistent)
            broker.send(.subscribe("t", qos: .atLeastOnce), from: client)
            clients.append(client)
        }
        let publisher = broker.connect("publisher")
        broker.send(.publish("t", "x", qos: .atLeastOnce), from: publisher)
        #expect(disk.count(BrokerTable.messages) == 1)
        broker.send(.puback(1), from: clients[0])
        broker.send(.puback(1), from: clients[2])
        #expect(disk.count(BrokerTable.messages) == 1)
        #expect(disk.count(BrokerTable.settled) == 2)
        broker.send(.puback(1), from: clients[1])
        #expect(disk.count(BrokerTable.messages) == 0)
        #expect(disk.count(BrokerTable.settled) == 0)
        #expect(broker.tick.core.journal.unsettled.isEmpty)
    }

    @Test("nothing for sessions that end with their connection, nor at QoS 0")
    func clean() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let clean = broker.connect("clean")
        broker.send(.subscribe("t", qos: .exactlyOnce), from: clean)
        let kept = broker.connect("kept", properties: persistent)
        broker.send(.subscribe("zero", qos: .exactlyOnce), from: kept)
        let publisher = broker.connect("publisher")
        broker.send(.publish("t", "x", qos: .exactlyOnce), from: publisher)
        broker.send(.publish("zero", "x"), from: publisher)
        #expect(disk.count(BrokerTable.messages) == 0)
        #expect(broker.payloads(clean) == ["x"])
        #expect(broker.payloads(kept) == ["x"])
    }

    @Test("an identifier given later is beside the message, until the exchange is over")
    func exchanges() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client", properties: persistent + [.receiveMaximum(1)])
        broker.send(.subscribe("t", qos: .exactlyOnce), from: client)
        let publisher = broker.connect("publisher")
        for i in 1...2 as ClosedRange<UInt16> { broker.send(.publish("t", "\(i)", qos: .exactlyOnce, id: i), from: publisher) }
        #expect(disk.count(BrokerTable.exchanges) == 0)
        broker.send(.pubrec(1), from: client)
        #expect(disk.count(BrokerTable.messages) == 1)
        #expect(disk.count(BrokerTable.exchanges) == 1)
        broker.send(.pubcomp(1), from: client)
        #expect(disk.count(BrokerTable.exchanges) == 1)
        broker.send([.pubrec(2), .pubcomp(2)], from: client)
        #expect(disk.count(BrokerTable.exchanges) == 0)
        #expect(disk.count(BrokerTable.messages) == 0)
    }

    @Test("of a Shared Subscription with a member that is kept are the group's")
    func shared() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let kept = broker.connect("kept", properties: persistent)
        broker.send(.subscribe("$share/g/t", qos: .atLeastOnce), from: kept)
        broker.send(.disconnect(), from: kept)
        let publisher = broker.connect("publisher")
        broker.send(.publish("t", "x", qos: .atLeastOnce), from: publisher)
        #expect(disk.count(BrokerTable.messages) == 1)
        let clean = broker.connect("clean")
        broker.send(.subscribe("$share/g/t", qos: .atLeastOnce), from: clean)
        #expect(broker.payloads(clean) == ["x"])
        broker.send(.puback(1), from: clean)
        #expect(disk.count(BrokerTable.messages) == 0)
    }

    @Test("the figures of $SYS are of this run, and not kept")
    func system() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk, options: BrokerOptions())
        let client = broker.connect("client")
        broker.send(.publish("$SYSTEM/x", "kept", retain: true), from: client)
        broker.advance(seconds: 30)
        #expect(broker.tick.core.census.retained > 10)
        #expect(disk.count(BrokerTable.retained) == 1)
    }

    @Test("when every session has ended and nothing is retained, nothing is left")
    func empty() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let will = ConnectPacket.Will("t", "will", qos: .atLeastOnce, delay: 5)
        let client = broker.connect("client", will: will, properties: persistent + [.receiveMaximum(2)])
        broker.send(.subscribe("t", "$share/g/t", qos: .exactlyOnce), from: client)
        for i in 1...6 as ClosedRange<UInt16> {
            broker.send(.publish("t", "\(i)", qos: i % 2 == 0 ? .exactlyOnce : .atLeastOnce, id: i, retain: true), from: client)
        }
        broker.send(.pubrec(1), from: client)
        broker.drop(client)
        #expect(!disk.isEmpty)
        let again = broker.connect("client", cleanStart: true)
        broker.send(.publish("t", "", retain: true), from: again)
        broker.send(.disconnect(), from: again)
        broker.advance(seconds: 10)
        #expect(disk.isEmpty)
    }
}
