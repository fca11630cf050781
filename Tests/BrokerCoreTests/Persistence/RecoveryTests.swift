import BrokerRecords
import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("Starting on what lies on disk")
struct RecoveryTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    @Test("rows that say nothing are counted and cost nobody else anything")
    func unreadable() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("t", qos: .exactlyOnce), from: client)
        for table in BrokerCore.recoveredTables {
            disk.put([1, 2], at: [0, 0, 0, 0, 0, 0, 0, 1], in: table)
            disk.put([], at: [9], in: table)
        }
        broker = TestBroker(on: disk)
        #expect(broker.unreadable == 18)
        #expect(broker.reconnect("client", persistent).1 == true)
    }

    @Test("whatever the rows have come to be, every shard starts, serves, and comes to rest", arguments: 0..<60)
    func damage(seed: Int) {
        let disk = TestDisk()
        let clients = leaveTraces(on: disk)
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<Int.random(in: 1...8, using: &random) { disk.damage(&random) }
        let shards = TestShards(Int.random(in: 1...3, using: &random), on: disk)
        let owner = { (name: String) in name.withBytes { shards[0].tick.core.shard(of: $0) } }
        for (name, version) in clients {
            // Damaged rows may be of a message that no client would take: that is between the broker and this one.
            let client = shards.connect(
                exactly: name, on: owner(name), version: version, cleanStart: false, properties: version == .v5 ? persistent : [])
            shards.send([.subscribe("#", qos: .exactlyOnce), .publish("t/2", "new", qos: .exactlyOnce, id: 9)], from: client)
            shards.drop(client)
        }
        shards.advance(seconds: 5_000)
        let publisher = shards.connect("fresh", on: 0)
        shards.send([.subscribe("t/3", qos: .atLeastOnce), .publish("t/3", "x", qos: .atLeastOnce, id: 1)], from: publisher)
        #expect(shards.payloads(publisher).contains("x"))
    }

    /// A row of every kind; the clients that were there.
    private func leaveTraces(on disk: TestDisk) -> [(name: String, version: ProtocolVersion)] {
        let shards = TestShards(2, on: disk)
        var clients: [(name: String, version: ProtocolVersion)] = []
        let filters = ["t/#", "t/1", shards.share("t/+", ownedBy: 0), shards.share("t/+", ownedBy: 1)]
        for shard in 0...1 {
            let away = shards.clientID("away", on: shard)
            let client = shards.connect(exactly: away, on: shard, cleanStart: true, properties: persistent)
            for filter in filters { shards.send(.subscribe(filter, qos: .exactlyOnce, identifier: 7), from: client) }
            shards.drop(client)
            let slow = shards.clientID("slow", on: shard)
            let will = ConnectPacket.Will("t/will", "will", qos: .exactlyOnce, delay: 60)
            let reader = shards.connect(
                exactly: slow, on: shard, cleanStart: true, will: will, properties: persistent + [.receiveMaximum(2)])
            shards.send(.subscribe("t/#", qos: .exactlyOnce, identifier: 300), from: reader)
            let publisher = shards.connect("publisher", on: shard, will: ConnectPacket.Will("t/will", "now", qos: .atLeastOnce))
            for i in 1...6 as ClosedRange<UInt16> {
                let properties: [Property] =
                    i == 2 ? [.userProperty(UTF8Text("k"), UTF8Text("v")), .messageExpiryInterval(seconds: 90)] : []
                shards.send(
                    .publish("t/\(i)", "\(i)", qos: i % 2 == 0 ? .exactlyOnce : .atLeastOnce, id: i, retain: i < 4, properties: properties),
                    from: publisher)
            }
            for case .publish(let message) in shards.received(reader) {
                if let packetID = message.packetID, message.qos == .exactlyOnce { shards.send(.pubrec(packetID), from: reader) }
            }
            clients += [(away, .v5), (slow, .v5)]
        }
        shards.stall(1)
        let sender = shards.connect("sender", on: 0, properties: persistent)
        shards.send(.publish("t/7", "unconfirmed", qos: .exactlyOnce, id: 1), from: sender)
        for table in BrokerCore.recoveredTables { #expect(disk.count(table) > 0, "no row in \(BrokerTable.names[table.place])") }
        return clients
    }
}
