import BrokerRecords
import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Messages after a crash")
struct RecoveringMessagesTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    @Test("what was in flight comes again under its identifier with DUP, what waited comes after it, and PUBREL where PUBREC had come")
    func messages() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let properties = persistent + [.receiveMaximum(3)]
        let client = broker.connect("client", properties: properties)
        broker.send(.subscribe("t", qos: .exactlyOnce), from: client)
        let publisher = broker.connect("publisher")
        for i in 1...5 as ClosedRange<UInt16> {
            broker.send(.publish("t", "\(i)", qos: i % 2 == 0 ? .exactlyOnce : .atLeastOnce, id: i), from: publisher)
        }
        // 1 and 2 are in flight, 3 as well; 2 is released, 1 is over, so that 4 has got an identifier later than its record.
        broker.send([.pubrec(2), .puback(1)], from: client)
        _ = broker.received(client)
        broker = TestBroker(on: disk)
        let (again, _) = broker.reconnect("client", properties)
        let packets = broker.received(again)
        #expect(packets.first == .pubrel(2))
        let sent = packets.compactMap { packet -> String? in
            guard case .publish(let message) = packet else { return nil }
            return "\(String(decoding: message.payload, as: UTF8.self)) \(message.packetID ?? 0) \(message.dup)"
        }
        #expect(sent == ["3 3 true", "4 4 true", "5 5 false"])
        broker.send([.pubcomp(2), .puback(3), .pubrec(4), .pubcomp(4), .puback(5)], from: again)
        #expect(disk.count(BrokerTable.messages) == 0)
        #expect(disk.count(BrokerTable.exchanges) == 0)
    }

    @Test("what was not on disk never was, and nobody was told that it is")
    func unacknowledged() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("t", qos: .atLeastOnce), from: client)
        _ = broker.received(client)
        disk.isSlow = true
        broker.send(.subscribe("u", qos: .atLeastOnce), from: client)
        broker.send(.publish("t", "x", qos: .atLeastOnce, id: 3), from: client)
        broker.send(.publish("r", "x", qos: .atLeastOnce, id: 4, retain: true), from: client)
        #expect(broker.received(client).allSatisfy { $0.type == .publish })
        broker = TestBroker(on: disk)
        #expect(broker.tick.core.census.subscriptions == 1)
        #expect(broker.tick.core.census.queuedMessages == 0)
        #expect(broker.tick.core.census.retained == 0)
    }

    @Test("the last Retained Message of a topic is there, and none that was cleared")
    func retained() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client")
        for i in 1...3 { broker.send(.publish("r", "\(i)", retain: true), from: client) }
        broker.send(.publish("gone", "x", retain: true), from: client)
        broker.send(.publish("gone", "", retain: true), from: client)
        broker.send(.publish("short", "x", retain: true, properties: [.messageExpiryInterval(seconds: 60)]), from: client)
        #expect(disk.count(BrokerTable.retained) == 2)
        broker = TestBroker(on: disk, after: 30)
        let reader = broker.connect("reader")
        broker.send(.subscribe("#"), from: reader)
        let messages = broker.messages(reader)
        #expect(messages.map { "\($0.topic.string) \(String(decoding: $0.payload, as: UTF8.self))" }.sorted() == ["r 3", "short x"])
        #expect(messages.compactMap(\.properties.messageExpiryInterval) == [30])
        broker = TestBroker(on: disk, after: 90)
        broker.advance(seconds: 1)
        #expect(broker.tick.core.census.retained == 1)
        #expect(disk.count(BrokerTable.retained) == 1)
    }

    @Test("with another number of shards everybody gets what waited, once", arguments: [(2, 1), (1, 2), (2, 3), (3, 2)])
    func otherShards(before: Int, after: Int) {
        let disk = TestDisk()
        var shards = TestShards(before, on: disk)
        let names = (0..<8).map { "client-\($0)" }
        let owner = { (name: String) in name.withBytes { shards[0].tick.core.shard(of: $0) } }
        for name in names {
            let client = shards.connect(exactly: name, on: owner(name), cleanStart: true, properties: persistent)
            shards.send(.subscribe("t", qos: .atLeastOnce), from: client)
            shards.send(.disconnect(), from: client)
        }
        let publisher = shards.connect("publisher", on: 0)
        for i in 1...5 as ClosedRange<UInt16> { shards.send(.publish("t", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
        #expect(disk.count(BrokerTable.messages) == 5 * before)
        for round in 0..<2 {
            shards = TestShards(after, on: disk)
            for name in round == 0 ? names.prefix(4) : names[4...] {
                let client = shards.connect(exactly: name, on: owner(name), cleanStart: false, properties: persistent)
                var payloads: [String] = []
                for case .publish(let message) in shards.received(client) {
                    payloads.append(String(decoding: message.payload, as: UTF8.self))
                    shards.send(.puback(message.packetID ?? 0), from: client)
                }
                #expect(payloads == (1...5).map { "\($0)" })
            }
        }
        #expect(disk.count(BrokerTable.messages) == 0)
        #expect(disk.count(BrokerTable.settled) == 0)
    }

    @Test("what a client of one shard cleared does not come back, although another shard had put it there")
    func clearedElsewhere() {
        let disk = TestDisk()
        var shards = TestShards(2, on: disk)
        let setter = shards.connect("setter", on: 1)
        shards.send(.publish("r", "x", qos: .atLeastOnce, retain: true), from: setter)
        let clearing = shards.connect("clearing", on: 0, properties: persistent)
        shards.stall(1)
        shards.send(.publish("r", "", qos: .exactlyOnce, retain: true), from: clearing)
        shards = TestShards(2, on: disk)
        #expect(shards[0].tick.core.census.retained == 0)
    }
}
