import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("Who belongs to which shard")
struct PlacementTests {
    @Test("A connection goes to the shard of its client with all it has sent behind its CONNECT")
    func handOver() {
        let shards = TestShards(3)
        let client = shards.open(at: 0)
        let connect = ConnectPacket(
            version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text(shards.clientID("client", on: 2)))
        shards.send(
            [
                .connect(connect), .subscribe("a"), .publish("a", "1", qos: .atLeastOnce, id: 2),
                .publish("a", "2", qos: .exactlyOnce, id: 3),
            ],
            from: client)
        let got = shards.received(client)
        #expect(got.count == 6)
        #expect(got.contains(.puback(2)) && got.contains(.pubrec(3)) && got.contains(.publish("a", "1")))
        #expect(shards.shards.map { $0.tick.core.connections.count } == [0, 0, 1])
        shards.drop(client)
        #expect(shards[0].tick.core.place.common.connections.current == 0)
        #expect(shards[0].tick.core.place.common.unfinishedBytes.current == 0)
    }

    @Test("The first connection is taken over, wherever the second comes in")
    func takeover() {
        let shards = TestShards(2)
        let first = shards.connect("client", on: 1, acceptedBy: 0)
        let second = shards.connect("client", on: 1)
        #expect(shards.received(first) == [.disconnect(.sessionTakenOver)])
        #expect(shards.isClosed(first) && !shards.isClosed(second))
    }

    @Test("Who says goodbye and comes back at once, by another shard, has said goodbye: his Will is not published [MQTT-3.14.4-3]")
    func disconnectFirst() {
        let shards = TestShards(2)
        let watcher = shards.connect("watcher", on: 0)
        shards.send(.subscribe("will"), from: watcher)
        _ = shards.received(watcher)
        var connect = ConnectPacket(
            version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text(shards.clientID("client", on: 1)))
        connect.will = ConnectPacket.Will("will", "he is lost")
        let first = shards.open(at: 1)
        shards.send(.connect(connect), from: first)
        shards.stall(1)
        shards.send(.disconnect(), from: first)
        let second = shards.open(at: 0)
        shards.send(.connect(connect), from: second)
        shards.goOn(1)
        #expect(shards.payloads(watcher).isEmpty)
        #expect(shards.isClosed(first) && !shards.isClosed(second))
    }

    @Test("Who has no name stays where it is, and gets one that belongs there", arguments: 0..<3)
    func assigned(shard: Int) {
        let shards = TestShards(3)
        let client = shards.open(at: shard)
        shards.send(.connect(ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text(""))), from: client)
        #expect(shards[shard].tick.core.sessions.count == 1)
        guard case .connack(let connack) = shards.received(client).first, let name = connack.properties.assignedClientIdentifier else {
            Issue.record("no name was assigned")
            return
        }
        #expect(name.bytes.withUnsafeBytes { shards[0].tick.core.shard(of: $0) } == shard)
    }

    @Test("Connections to a shard that is behind wait where they are, counted, until their time to connect is over")
    func behind() {
        var options = TestBroker.quiet
        options.limits.mailboxBytes = 1
        let shards = TestShards(2, options: options)
        let publisher = shards.connect("publisher", on: 0)
        let subscriber = shards.connect("subscriber", on: 1)
        shards.send(.subscribe("a"), from: subscriber)
        shards.stall(1)
        shards.send(.publish("a", "1"), from: publisher)
        let weight = shards.mailboxes.weight(from: 0, to: 1)
        let connect = ConnectPacket(
            version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text(shards.clientID("client", on: 1)))
        let clients = (0..<10).map { _ in shards.open(at: 0) }
        for client in clients { shards.send(.connect(connect), from: client) }
        #expect(shards.mailboxes.weight(from: 0, to: 1) == weight)
        #expect(shards[0].tick.core.place.common.unfinishedBytes.current > 0)
        shards.goOn(1)
        #expect(clients.count { shards.received($0).contains { if case .connack = $0 { true } else { false } } } == 10)
        shards.stall(1)
        shards.send(.publish("a", "2"), from: publisher)
        let late = shards.open(at: 0)
        shards.send(.connect(connect), from: late)
        shards.advance(seconds: 11)
        #expect(shards.isClosed(late))
    }
}
