import BrokerRecords
import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("QoS 2 messages between shards at a crash")
struct RecoveringUnconfirmedTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    @Test("a QoS 2 message that one shard had taken and the other had not reaches the other's clients once", arguments: [1, 2, 3])
    func unconfirmed(after: Int) {
        let disk = TestDisk()
        var shards = TestShards(2, on: disk)
        let near = shards.clientID("near", on: 0)
        let far = shards.clientID("far", on: 1)
        for (name, shard) in [(near, 0), (far, 1)] {
            let client = shards.connect(exactly: name, on: shard, cleanStart: true, properties: persistent)
            shards.send(.subscribe("t", qos: .exactlyOnce), from: client)
            shards.send(.disconnect(), from: client)
        }
        let publisher = shards.clientID("publisher", on: 0)
        let sender = shards.connect(exactly: publisher, on: 0, cleanStart: true, properties: persistent)
        shards.stall(1)
        shards.send(.publish("t", "x", qos: .exactlyOnce, id: 1), from: sender)
        #expect(shards.received(sender).isEmpty)
        #expect(disk.count(BrokerTable.unconfirmed) == 1)
        shards = TestShards(after, on: disk)
        let owner = { (name: String) in name.withBytes { shards[0].tick.core.shard(of: $0) } }
        let again = shards.connect(exactly: publisher, on: owner(publisher), cleanStart: false, properties: persistent)
        shards.send(.publish("t", "x", qos: .exactlyOnce, id: 1, dup: true), from: again)
        for name in [near, far] {
            let client = shards.connect(exactly: name, on: owner(name), cleanStart: false, properties: persistent)
            #expect(shards.payloads(client) == ["x"])
        }
        #expect(disk.count(BrokerTable.unconfirmed) == 0)
    }

    @Test("one that the owner of a Shared Subscription had not taken reaches a member of another shard once", arguments: [1, 2, 3])
    func unconfirmedShared(after: Int) {
        let disk = TestDisk()
        var shards = TestShards(2, on: disk)
        let share = shards.share("t", ownedBy: 1)
        let member = shards.clientID("member", on: 0)
        let client = shards.connect(exactly: member, on: 0, cleanStart: true, properties: persistent)
        shards.send(.subscribe(share, qos: .exactlyOnce), from: client)
        shards.drop(client)
        let publisher = shards.connect("publisher", on: 0, properties: persistent)
        shards.stall(1)
        shards.send(.publish("t", "x", qos: .exactlyOnce, id: 1), from: publisher)
        #expect(disk.count(BrokerTable.unconfirmed) == 1)
        // Twice: what the first start has found must lie there when the second one is.
        for _ in 0..<2 { shards = TestShards(after, on: disk) }
        let owner = member.withBytes { shards[0].tick.core.shard(of: $0) }
        let again = shards.connect(exactly: member, on: owner, cleanStart: false, properties: persistent)
        #expect(shards.payloads(again) == ["x"])
        shards.send([.pubrec(1), .pubcomp(1)], from: again)
        let left = [BrokerTable.sessions, BrokerTable.subscriptions, BrokerTable.received]
        for table in BrokerCore.recoveredTables where !left.contains(table) { #expect(disk.count(table) == 0) }
    }

    @Test("what a shard has dealt with is not routed a second time")
    func confirmed() {
        let disk = TestDisk()
        var shards = TestShards(2, on: disk)
        let far = shards.clientID("far", on: 1)
        let client = shards.connect(exactly: far, on: 1, cleanStart: true, properties: persistent)
        shards.send(.subscribe("t", qos: .exactlyOnce), from: client)
        shards.send(.disconnect(), from: client)
        let publisher = shards.connect("publisher", on: 0, properties: persistent)
        shards.send(.publish("t", "x", qos: .exactlyOnce, id: 1), from: publisher)
        #expect(shards.received(publisher) == [.pubrec(1)])
        #expect(disk.count(BrokerTable.unconfirmed) == 0)
        shards = TestShards(2, on: disk)
        let again = shards.connect(exactly: far, on: 1, cleanStart: false, properties: persistent)
        #expect(shards.payloads(again) == ["x"])
    }
}
