import BrokerRecords
import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Shared Subscriptions after a crash")
struct RecoveringSharesTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    @Test("a Shared Subscription has what nobody had acknowledged")
    func shared() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let member = broker.connect("member", properties: persistent + [.receiveMaximum(1)])
        broker.send(.subscribe("$share/g/t", qos: .exactlyOnce), from: member)
        let publisher = broker.connect("publisher")
        for i in 1...3 as ClosedRange<UInt16> { broker.send(.publish("t", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
        #expect(disk.count(BrokerTable.messages) == 3)
        broker = TestBroker(on: disk)
        let (again, _) = broker.reconnect("member", persistent)
        let messages = broker.messages(again)
        #expect(messages.map { String(decoding: $0.payload, as: UTF8.self) } == ["1", "2", "3"])
        broker.send(messages.map { .puback($0.packetID ?? 0) }, from: again)
        #expect(disk.count(BrokerTable.messages) == 0)
    }

    @Test("what waited for a group of which nobody was kept is kept from the moment that one who is gets it")
    func becomesOwn() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let clean = broker.connect("clean", properties: [.receiveMaximum(1)])
        broker.send(.subscribe("$share/g/t", qos: .exactlyOnce), from: clean)
        let publisher = broker.connect("publisher")
        for i in 1...2 as ClosedRange<UInt16> { broker.send(.publish("t", "\(i)", qos: .exactlyOnce, id: i), from: publisher) }
        #expect(disk.count(BrokerTable.messages) == 0)
        let kept = broker.connect("kept", properties: persistent)
        broker.send(.subscribe("$share/g/t", qos: .exactlyOnce), from: kept)
        #expect(broker.payloads(kept) == ["2"])
        #expect(disk.count(BrokerTable.messages) == 1)
        broker = TestBroker(on: disk)
        let (again, _) = broker.reconnect("kept", persistent)
        let messages = broker.messages(again)
        #expect(messages.map { "\(String(decoding: $0.payload, as: UTF8.self)) \($0.dup)" } == ["2 true"])
        broker.send([.pubrec(1), .pubcomp(1)], from: again)
        #expect(disk.count(BrokerTable.messages) == 0 && disk.count(BrokerTable.exchanges) == 0)
    }

    @Test("a Shared Subscription whose owner is another shard than its member has what waited")
    func sharedElsewhere() {
        let disk = TestDisk()
        var shards = TestShards(2, on: disk)
        let share = shards.share("t", ownedBy: 0)
        let member = shards.clientID("member", on: 1)
        let client = shards.connect(exactly: member, on: 1, cleanStart: true, properties: persistent)
        shards.send(.subscribe(share, qos: .atLeastOnce), from: client)
        shards.send(.disconnect(), from: client)
        let publisher = shards.connect("publisher", on: 0)
        for i in 1...3 as ClosedRange<UInt16> { shards.send(.publish("t", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
        #expect(disk.count(BrokerTable.messages) == 3)
        shards = TestShards(2, on: disk)
        let again = shards.connect(exactly: member, on: 1, cleanStart: false, properties: persistent)
        var payloads: [String] = []
        for case .publish(let message) in shards.received(again) {
            payloads.append(String(decoding: message.payload, as: UTF8.self))
            shards.send(.puback(message.packetID ?? 0), from: again)
        }
        #expect(payloads == ["1", "2", "3"])
        #expect(disk.count(BrokerTable.messages) == 0)
    }
}
