import BrokerCore
import BrokerRecords
import MQTTCodec
import Primitives
import Testing

@testable import Simulator

@Suite("A disk that fails costs no more than what it had")
struct StorageFaultTests {
    @Test("Nothing is promised while every commit fails; all is, once one does not")
    func stuck() {
        let stage = Stage()
        stage.disk.isStuck = true
        let (reader, writer) = (stage.client(1), stage.client(2))
        stage.connect(reader, expiry: 600)
        stage.connect(writer, expiry: 0)
        stage.play(milliseconds: 5_000)
        // A session that ends with its connection promises nothing.
        #expect(!reader.isConnected && writer.isConnected)

        stage.disk.isStuck = false
        stage.play(milliseconds: 1_000)
        #expect(reader.isConnected)
        stage.subscribe(reader)
        stage.play(milliseconds: 1_000)

        stage.disk.isStuck = true
        stage.publish(writer, .atLeastOnce, "1")
        stage.publish(writer, .exactlyOnce, "2")
        stage.play(milliseconds: 5_000)
        #expect(writer.outgoing.count == 2 && !writer.outgoing.values.contains(where: \.isReleased))
        #expect(stage.disk.rows(of: BrokerTable.messages).isEmpty)

        stage.disk.isStuck = false
        stage.play(milliseconds: 3_000)
        #expect(writer.outgoing.isEmpty && reader.receivedCount == 2)
        #expect(stage.disk.rows(of: BrokerTable.messages).isEmpty)
    }

    @Test("Messages that cannot be read back are lost, the others come, and nobody asks for ever", arguments: 0..<8)
    func unreadableMessages(damaged: Int) {
        let stage = Stage()
        let (reader, writer) = (stage.client(1), stage.client(2))
        stage.connect(reader, expiry: 600)
        stage.connect(writer, expiry: 0)
        stage.play(milliseconds: 1_000)
        stage.subscribe(reader)
        stage.play(milliseconds: 1_000)
        reader.disconnect(DisconnectPacket())
        stage.play(milliseconds: 1_000)
        for i in 0..<3 { stage.publish(writer, .atLeastOnce, "\(i)") }
        stage.play(milliseconds: 1_000)
        let rows = stage.disk.rows(of: BrokerTable.messages)
        #expect(rows.count == 3)
        // Some of the three are there no more, or nothing in them makes sense.
        for (i, row) in rows.enumerated() where damaged & 1 << i != 0 {
            stage.disk.damage(row.key, in: BrokerTable.messages, i == 1 ? [1, 2, 3] : nil)
        }

        stage.connect(reader, expiry: 600)
        stage.play(milliseconds: 3_000)
        #expect(reader.receivedCount == 3 - damaged.nonzeroBitCount)
        #expect(stage.shard.tick.core.counters.dropped[.unreadable] == UInt64(damaged.nonzeroBitCount))
        #expect(stage.shard.tick.census.queuedMessages == 0 && stage.shard.tick.census.queuedBytes == 0)
        #expect(stage.disk.rows(of: BrokerTable.messages).isEmpty)
    }

    @Test("A recovery goes on behind rows that cannot be read, whatever is in them")
    func unreadableRows() {
        let full = Stage()
        full.fill()
        let tables = BrokerCore.recoveredTables
        let rows = tables.map { full.disk.rows(of: $0) }
        #expect(rows.count { !$0.isEmpty } == 8)
        var random = SeededRandom(seed: 1)
        for (table, row) in zip(tables, rows).flatMap({ table, rows in rows.map { (table, $0) } }) {
            for attempt in 0..<24 {
                var (key, value) = row
                switch attempt {
                case 0: value = []
                case 1: key.removeLast()
                case 2: key.append(0)
                case 3..<12: value = Array(value.prefix(random.below(max(1, value.count))))
                default:
                    guard !value.isEmpty else { continue }
                    for _ in 0..<random.among(1...3) { value[random.below(value.count)] = UInt8(random.below(256)) }
                }
                let stage = Stage(copying: full.disk)
                stage.disk.damage(row.key, in: table, nil)
                stage.disk.damage(key, in: table, value)
                stage.recover()
                stage.play(milliseconds: 10_000)
                #expect(stage.shard.tick.census.connections == 0)
            }
        }
    }
}

/// A broker of one shard on a virtual disk, and clients that read and acknowledge at once.
private final class Stage {
    let network = VirtualNetwork(at: Instant(nanoseconds: 1), shards: 1, random: SeededRandom(seed: 1))
    let mailboxes = VirtualMailboxes(shards: 1, random: SeededRandom(seed: 2))
    let disk: VirtualDisk
    let shard: VirtualShard
    private let place = ShardPlace.all(count: 1, hashSeed: 3)[0]
    private var clients: [VirtualClient] = []

    init() {
        disk = VirtualDisk(network: network, isInstant: false, random: SeededRandom(seed: 4))
        let port = VirtualShardPort(shard: 0, network: network, mailboxes: mailboxes, disk: disk, random: SeededRandom(seed: 5))
        let core = BrokerCore(
            options: BrokerOptions(), listeners: [ListenerOptions()], seed: 6, place: place,
            keeping: Keeping(durability: .strict, wallOffset: 1_000_000_000_000), startedAt: network.now)
        shard = VirtualShard(core, port)
    }

    convenience init(copying other: VirtualDisk) {
        self.init()
        for table in BrokerCore.recoveredTables {
            for (key, value) in other.rows(of: table) { disk.damage(key, in: table, value) }
        }
    }

    func recover() {
        shard.tick.core.beginRecovery(nil, aliveAt: 1_000_000_000_000, at: network.now)
        for table in BrokerCore.recoveredTables {
            for (key, value) in disk.rows(of: table) {
                key.withUnsafeBytes { key in value.withUnsafeBytes { shard.tick.core.recover(table, key, $0) } }
            }
        }
        disk.apply(shard.tick.core.endRecovery(at: network.now).changes)
        shard.begin()
        shard.run(.all)
        shard.recovered()
    }

    /// Leaves something in every table but that of other shards.
    func fill() {
        let (reader, other, writer) = (client(1), client(2), client(3))
        for client in [reader, other, writer] { connect(client, expiry: 600, hasWill: true) }
        play(milliseconds: 1_000)
        for client in [reader, other] { subscribe(client) }
        subscribe(reader, to: "$share/s/$s")
        play(milliseconds: 1_000)
        reader.isPrompt = false
        for client in [reader, other] { client.loseConnection(.silence) }
        for i in 0..<3 { publish(writer, .exactlyOnce, "a\(i)") }
        for i in 0..<3 { publish(writer, .atLeastOnce, "b\(i)", topic: "$s") }
        publish(writer, .atLeastOnce, "c", topic: "b", retain: true)
        writer.isPrompt = false
        play(milliseconds: 1_000)
        // One more claim is settled, and the rest waits.
        connect(other, expiry: 600)
        var i = 0
        repeat {
            publish(writer, .exactlyOnce, "d\(i)")
            play(milliseconds: 5)
            i += 1
        } while i < 50 && BrokerCore.recoveredTables.count { !disk.rows(of: $0).isEmpty } < 8
    }

    func client(_ index: Int) -> VirtualClient {
        var seed: UInt64 = 1
        while true {
            var profile = SeededRandom(seed: seed)
            let client = VirtualClient(index: index, network: network, random: SeededRandom(seed: UInt64(index)), profile: &profile)
            seed += 1
            guard client.version == .v5, client.maximumPacketSize == nil, client.receiveMaximum == 65_535 else { continue }
            client.isPrompt = true
            clients.append(client)
            return client
        }
    }

    func connect(_ client: VirtualClient, expiry: UInt32, hasWill: Bool = false) {
        var packet = ConnectPacket(version: .v5, cleanStart: false, keepAliveSeconds: 0, clientID: UTF8Text(client.clientID))
        if expiry > 0 { packet.properties.append(.sessionExpiryInterval(seconds: expiry)) }
        if hasWill {
            packet.will = ConnectPacket.Will(qos: .atLeastOnce, retain: false, topic: UTF8Text("will"), payload: [1])
        }
        client.connect(packet)
    }

    func subscribe(_ client: VirtualClient, to filter: String = "a") {
        let request = SubscribePacket.Request(filter: UTF8Text(filter), options: SubscriptionOptions(maximumQoS: .exactlyOnce))
        client.send(.subscribe(SubscribePacket(packetID: client.nextPacketID(), requests: [request])))
    }

    func publish(_ client: VirtualClient, _ qos: QoS, _ text: String, topic: String = "a", retain: Bool = false) {
        client.publish(topic: topic, qos: qos, retain: retain, properties: [], payload: Array(text.utf8))
    }

    func play(milliseconds: Int64) {
        let end = network.now.advanced(byMilliseconds: milliseconds)
        var ticks = 0
        while network.now < end, ticks < 100_000 {
            while let event = network.events.pop(notAfter: network.now) {
                network.happen(event) { index in self.clients.first { $0.index == index } }
            }
            if shard.hasWork {
                shard.run(.all)
                ticks += 1
            } else {
                network.now = min(end, network.events.next ?? end, shard.deadline ?? end)
            }
        }
        #expect(ticks < 100_000)
    }
}
