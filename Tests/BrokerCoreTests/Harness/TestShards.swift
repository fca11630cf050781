import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

/// Several shards of one broker with real ticks, in virtual time. A shard turns when it would wake up, unless the test
/// has stalled it.
///
/// Whatever a client does is dealt with by all shards that are not stalled before the call returns.
final class TestShards {
    /// A client's connection.
    struct Client: Hashable { fileprivate let number: Int }

    final class Shard {
        var tick: Tick
        var network: VirtualNetwork

        init(_ tick: consuming Tick, _ network: VirtualNetwork) {
            self.tick = tick
            self.network = network
        }

        func turn() { tick.run(&network) }
    }

    let shards: [Shard]
    let mailboxes: VirtualMailboxes
    /// Shards that do not turn.
    private(set) var stalled: Set<Int> = []
    private var versions: [ProtocolVersion] = []

    init(_ count: Int, options: BrokerOptions = TestBroker.quiet, listener: ListenerOptions = ListenerOptions()) {
        let start = Instant(nanoseconds: 1_000_000_000_000)
        let mailboxes = VirtualMailboxes(count)
        self.mailboxes = mailboxes
        shards = ShardPlace.all(count: count, hashSeed: 1).map { place in
            let core = BrokerCore(
                options: options, listeners: [listener], seed: UInt64(place.index + 1), place: place, startedAt: start)
            return Shard(Tick(core: core), VirtualNetwork(startedAt: start, mailboxes: mailboxes, shard: place.index))
        }
    }

    /// A broker that is started on what lies on `disk`.
    init(
        _ count: Int, on disk: TestDisk, options: BrokerOptions = TestBroker.quiet, listener: ListenerOptions = ListenerOptions()
    ) {
        disk.forget()
        let start = Instant(nanoseconds: 1_000_000_000_000)
        let mailboxes = VirtualMailboxes(count)
        self.mailboxes = mailboxes
        shards = ShardPlace.all(count: count, hashSeed: 1).map { place in
            let core = BrokerCore(
                options: options, listeners: [listener], seed: UInt64(place.index + 1), place: place,
                keeping: Keeping(durability: .strict, wallOffset: TestBroker.wallOffset), startedAt: start)
            return Shard(Tick(core: core), VirtualNetwork(startedAt: start, mailboxes: mailboxes, disk: disk, shard: place.index))
        }
        for shard in shards { shard.tick.core.beginRecovery(disk.placement, aliveAt: disk.aliveAt, at: start) }
        disk.forEachRow { table, key, value in for shard in shards { shard.tick.core.recover(table, key, value) } }
        for shard in shards { disk.apply(shard.tick.core.endRecovery(at: start).changes) }
        for shard in shards { shard.tick.tellRecovered(&shard.network) }
        settle()
        handle(.recovered)
    }

    var now: Instant { shards[0].network.now }
    subscript(shard: Int) -> Shard { shards[shard] }

    // Who belongs where

    /// A Client Identifier that begins with `name` and belongs to `shard`.
    func clientID(_ name: String, on shard: Int) -> String {
        var number = 0
        while true {
            let clientID = number == 0 ? name : "\(name) \(number)"
            if clientID.withBytes({ shards[0].tick.core.shard(of: $0) }) == shard { return clientID }
            number += 1
        }
    }

    /// `$share/…/filter` with a name that makes `shard` its owner.
    func share(_ filter: String, ownedBy shard: Int) -> String {
        var number = 0
        while true {
            let name = "group \(number)"
            let owner = name.withBytes { name in filter.withBytes { shards[0].tick.core.shard(ofGroup: name, on: $0) } }
            if owner == shard { return "$share/\(name)/\(filter)" }
            number += 1
        }
    }

    // Connections

    /// A connection that `shard` accepts, and nothing sent on it yet.
    func open(at shard: Int, version: ProtocolVersion = .v5) -> Client {
        versions.append(version)
        _ = shards[shard].network.open(listener: 0, client: versions.count - 1)
        settle()
        return Client(number: versions.count - 1)
    }

    /// Connects a client of `shard`, accepted there or by another, and takes its CONNACK, which must be a success.
    func connect(
        _ name: String, on shard: Int, acceptedBy accepting: Int? = nil, version: ProtocolVersion = .v5, cleanStart: Bool = true,
        keepAlive: UInt16 = 0, will: ConnectPacket.Will? = nil, properties: [Property] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Client {
        connect(
            exactly: clientID(name, on: shard), on: shard, acceptedBy: accepting, version: version, cleanStart: cleanStart,
            keepAlive: keepAlive, will: will, properties: properties, sourceLocation: sourceLocation)
    }

    /// Connects a client of this very Client Identifier, which belongs to `shard`.
    func connect(
        exactly name: String, on shard: Int, acceptedBy accepting: Int? = nil, version: ProtocolVersion = .v5, cleanStart: Bool,
        keepAlive: UInt16 = 0, will: ConnectPacket.Will? = nil, properties: [Property] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Client {
        var packet = ConnectPacket(version: version, cleanStart: cleanStart, keepAliveSeconds: keepAlive, clientID: UTF8Text(name))
        packet.will = will
        packet.properties = PropertyList(properties)
        let client = open(at: accepting ?? shard, version: version)
        send(.connect(packet), from: client)
        if case .connack(let connack) = received(client, atMost: 1).first, connack.reasonCode == .success { return client }
        Issue.record("\(name) was not let in", sourceLocation: sourceLocation)
        return client
    }

    /// The connection breaks, without a word.
    func drop(_ client: Client) {
        with(client) { $0.closedByClient = true }
        settle()
    }

    func isClosed(_ client: Client) -> Bool { with(client) { $0.closedByBroker } }

    // What a client says and hears

    func send(_ packet: Packet, from client: Client) { send([packet], from: client) }

    /// Sends packets so that they are read at once.
    func send(_ packets: [Packet], from client: Client) {
        var buffer = ByteBuffer()
        for packet in packets { PacketEncoder.encode(packet, version: versions[client.number], into: &buffer) }
        let bytes = Array(buffer.bytes)
        with(client) { $0.toBroker += bytes }
        settle()
    }

    /// Everything the broker has sent this client since the last call.
    func received(_ client: Client, atMost limit: Int = .max) -> [Packet] {
        with(client) { Packet.take(from: &$0.toClient, version: versions[client.number], atMost: limit) }
    }

    /// The payloads of the messages among what was received; other packets are taken too.
    func payloads(_ client: Client) -> [String] {
        received(client).compactMap { if case .publish(let publish) = $0 { String(decoding: publish.payload, as: UTF8.self) } else { nil } }
    }

    private func with<Result>(_ client: Client, _ body: (inout VirtualNetwork.Stream) -> Result) -> Result {
        for shard in shards {
            for i in shard.network.streams.indices where shard.network.streams[i].client == client.number {
                return body(&shard.network.streams[i])
            }
        }
        for i in mailboxes.moving.indices where mailboxes.moving[i].client == client.number { return body(&mailboxes.moving[i]) }
        preconditionFailure("no such client")
    }

    // Turns and time

    /// `shard` does nothing until it goes on.
    func stall(_ shard: Int) { stalled.insert(shard) }

    func goOn(_ shard: Int) {
        stalled.remove(shard)
        settle()
    }

    /// Lets time pass for all; what is due happens in the end.
    func advance(seconds: Double) {
        let end = Instant(nanoseconds: now.nanoseconds + Int64(seconds * 1_000_000_000))
        while let next = shards.indices.filter({ !stalled.contains($0) }).compactMap({ shards[$0].tick.nextDeadline }).min(), next <= end {
            if next > now { setNow(next) }
            settle()
        }
        setNow(end)
        settle()
    }

    private func setNow(_ now: Instant) {
        for shard in shards { shard.network.now = now }
    }

    /// Tells every shard of something that is not a packet.
    func handle(_ event: Event) {
        for shard in shards { shard.tick.handle(event, &shard.network) }
        settle()
    }

    /// Whether `shard` would wake up.
    func isBusy(_ shard: Int) -> Bool {
        let isDue = shards[shard].tick.nextDeadline.map { $0 <= now } ?? false
        return isDue || shards[shard].network.hasSomethingReady || !mailboxes.isEmpty(shard) || mailboxes.woken.contains(shard)
    }

    /// Turns whoever has something to do until nobody has.
    func settle(sourceLocation: SourceLocation = #_sourceLocation) {
        for _ in 0..<100_000 {
            let busy = shards.indices.filter { !stalled.contains($0) && isBusy($0) }
            if busy.isEmpty { return }
            for shard in busy { shards[shard].turn() }
        }
        Issue.record("the shards never come to rest", sourceLocation: sourceLocation)
    }

    /// Of all shards together.
    var counters: Counters {
        var sum = Counters()
        for shard in shards { sum.add(shard.tick.core.counters) }
        return sum
    }
}
