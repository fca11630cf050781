import BrokerCore
import MQTTCodec
import Primitives
import Testing

@testable import Simulator

@Suite("A shard that does not get on holds up only those who send to it")
struct StalledShardTests {
    @Test("Who publishes to others is served, what waits stays bounded, and nothing is lost")
    func stalled() {
        let stage = Stage(mailboxBytes: 4_000)
        let (far, sender) = (stage.client(on: 1), stage.client(on: 0))
        let (near, neighbour) = (stage.client(on: 0), stage.client(on: 0))
        stage.play(milliseconds: 100)
        stage.subscribe(far, to: "far")
        stage.subscribe(near, to: "near")
        stage.play(milliseconds: 100)

        stage.shards[1].stalledUntil = .never
        for _ in 0..<50 {
            for _ in 0..<10 { stage.publish(sender, "far", bytes: 900) }
            stage.publish(neighbour, "near", bytes: 10)
            stage.play(milliseconds: 20)
        }
        #expect(near.receivedCount == 50)
        #expect(neighbour.outgoing.isEmpty)
        #expect(far.receivedCount == 0)
        #expect(stage.shards[0].tick.census.pausedConnections == 1)
        #expect(stage.mailboxes.heaviest < 4_000 + 2 * 1_100)

        stage.shards[1].stalledUntil = .zero
        stage.play(milliseconds: 2_000)
        #expect(far.receivedCount == 500)
        #expect(sender.outgoing.isEmpty)
        #expect(stage.shards[0].tick.census.pausedConnections == 0)
    }

    @Test("A client may still hear from others while what it sends has to wait")
    func hears() {
        let stage = Stage(mailboxBytes: 1_000)
        let (far, sender, neighbour) = (stage.client(on: 1), stage.client(on: 0), stage.client(on: 0))
        stage.play(milliseconds: 100)
        stage.subscribe(far, to: "far")
        stage.subscribe(sender, to: "near")
        stage.play(milliseconds: 100)

        stage.shards[1].stalledUntil = .never
        for _ in 0..<20 { stage.publish(sender, "far", bytes: 900) }
        stage.play(milliseconds: 20)
        for _ in 0..<20 { stage.publish(neighbour, "near", bytes: 10) }
        stage.play(milliseconds: 20)
        #expect(stage.shards[0].tick.census.pausedConnections == 1)
        #expect(sender.receivedCount == 20)
    }
}

/// A broker of two shards and clients that read and acknowledge at once.
private final class Stage {
    let network = VirtualNetwork(at: Instant(nanoseconds: 1), shards: 2, random: SeededRandom(seed: 1))
    let mailboxes = VirtualMailboxes(shards: 2, random: SeededRandom(seed: 2))
    let shards: [VirtualShard]
    private var clients: [VirtualClient] = []

    init(mailboxBytes: Int) {
        var options = BrokerOptions()
        options.limits.mailboxBytes = mailboxBytes
        shards = ShardPlace.all(count: 2, hashSeed: 3).map { [network, mailboxes] place in
            let port = VirtualShardPort(
                shard: place.index, network: network, mailboxes: mailboxes, random: SeededRandom(seed: UInt64(place.index)))
            let core = BrokerCore(
                options: options, listeners: [ListenerOptions()], seed: UInt64(place.index), place: place, startedAt: network.now)
            return VirtualShard(core, port)
        }
    }

    func client(on shard: Int) -> VirtualClient {
        var index = clients.count * 100
        while shards[0].place(of: "client-\(index)") != shard { index += 1 }
        var profile = SeededRandom(seed: 2)
        let client = VirtualClient(index: index, network: network, random: SeededRandom(seed: UInt64(index)), profile: &profile)
        client.isPrompt = true
        clients.append(client)
        client.connect(
            ConnectPacket(version: client.version, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text(client.clientID)))
        return client
    }

    func subscribe(_ client: VirtualClient, to filter: String) {
        let request = SubscribePacket.Request(filter: UTF8Text(filter), options: SubscriptionOptions(maximumQoS: .atLeastOnce))
        client.send(.subscribe(SubscribePacket(packetID: 1, requests: [request])))
    }

    func publish(_ client: VirtualClient, _ topic: String, bytes: Int) {
        client.publish(topic: topic, qos: .atLeastOnce, retain: false, properties: [], payload: Array(repeating: 0, count: bytes))
    }

    func play(milliseconds: Int64) {
        let end = network.now.advanced(byMilliseconds: milliseconds)
        while network.now < end {
            while let event = network.events.pop(notAfter: network.now) {
                network.happen(event) { index in self.clients.first { $0.index == index } }
            }
            let running = shards.filter { $0.hasWork && $0.stalledUntil <= network.now }
            for shard in running { shard.run(.all) }
            if running.isEmpty { network.now = min(end, network.events.next ?? end) }
        }
    }
}
