import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("Figures of all shards")
struct FiguresTests {
    @Test("$SYS speaks for the whole broker, on every shard")
    func system() {
        let shards = TestShards(3, options: BrokerOptions())
        let clients = (0..<3).map { shards.connect("client", on: $0) }
        let away = shards.connect("away", on: 1, properties: [.sessionExpiryInterval(seconds: 1_000)])
        shards.send(.subscribe("a", qos: .atLeastOnce), from: away)
        shards.send(.subscribe(shards.share("b", ownedBy: 0)), from: away)
        shards.drop(away)
        shards.send(.publish("a", "12345", qos: .atLeastOnce), from: clients[0])
        shards.send(.publish("kept", "123", retain: true), from: clients[2])
        shards.advance(seconds: 10)
        for client in clients {
            shards.send(.subscribe("$SYS/#"), from: client)
            var values: [String: String] = [:]
            for case .publish(let publish) in shards.received(client) {
                values[publish.topic.string] = String(decoding: publish.payload, as: UTF8.self)
            }
            #expect(values["$SYS/broker/clients/connected"] == "3")
            #expect(values["$SYS/broker/clients/total"] == "4")
            #expect(values["$SYS/broker/clients/maximum"] == "4")
            #expect(values["$SYS/broker/messages/queued"] == "1")
            #expect(values["$SYS/broker/messages/queued/bytes"] == "6")
            #expect(values["$SYS/broker/clients/disconnected"] == "1")
            #expect(values["$SYS/broker/clients/disconnected/bytes"] == "6")
            #expect(values["$SYS/broker/subscriptions/count"] == "2")
            #expect(values["$SYS/broker/shared_subscriptions/count"] == "1")
            #expect(values["$SYS/broker/publish/messages/received"] == "2")
            #expect(values["$SYS/broker/retained messages/count"] == "1")
            #expect(values["$SYS/broker/store/messages/count"] == "2")
        }
    }

    @Test("What waits is offline while its client is away, be it queued before or after it went")
    func offline() {
        var broker = TestBroker()
        let properties: [Property] = [.receiveMaximum(1), .sessionExpiryInterval(seconds: 100)]
        let subscriber = broker.connect("subscriber", properties: properties)
        broker.send(.subscribe("a", qos: .atLeastOnce), from: subscriber)
        let publisher = broker.connect("publisher")
        // The first is in flight, the second waits for its acknowledgement.
        for id in 1...2 as ClosedRange<UInt16> { broker.send(.publish("a", "12345", qos: .atLeastOnce, id: id), from: publisher) }
        #expect(broker.tick.core.figures.bytesQueued == 6)
        #expect(broker.tick.core.figures.bytesOffline == 0)
        broker.drop(subscriber)
        broker.send(.publish("a", "12", qos: .atLeastOnce, id: 3), from: publisher)
        #expect(broker.tick.core.figures.bytesOffline == 9)
        let again = broker.connect("subscriber", cleanStart: false, properties: properties)
        #expect(broker.tick.core.figures.bytesOffline == 0)
        #expect(broker.tick.core.figures.bytesQueued == 9)
        broker.drop(again)
        _ = broker.connect("subscriber", cleanStart: true)
        #expect(broker.tick.core.figures.bytesOffline == 0)
    }

    @Test("$SYS says what waits for the disk and how much has reached it, of all shards; without a disk nothing")
    func disk() throws {
        let disk = TestDisk()
        let shards = TestShards(2, on: disk, options: BrokerOptions())
        let clients = (0..<2).map { shards.connect("client", on: $0) }
        let away = (0..<2).map { shards.connect("away", on: $0, properties: [.sessionExpiryInterval(seconds: 1_000)]) }
        for (shard, client) in away.enumerated() {
            shards.send(.subscribe("a/\(shard)", qos: .atLeastOnce), from: client)
            shards.drop(client)
        }
        func values() -> [String: Int] {
            shards.advance(seconds: 10)
            shards.send(.subscribe("$SYS/broker/store/#"), from: clients[1])
            var values: [String: Int] = [:]
            for case .publish(let publish) in shards.received(clients[1]) {
                values[publish.topic.string] = Int(String(decoding: publish.payload, as: UTF8.self))
            }
            return values
        }
        let before = values()
        #expect(before["$SYS/broker/store/bytes/uncommitted"] == 0)
        let commits = try #require(before["$SYS/broker/store/commits"])
        #expect(commits >= 4)
        disk.isSlow = true
        for shard in 0..<2 { shards.send(.publish("a/\(shard)", "1234567890", qos: .atLeastOnce), from: clients[shard]) }
        let slow = values()
        #expect(try #require(slow["$SYS/broker/store/bytes/uncommitted"]) > 20)
        #expect(slow["$SYS/broker/store/commits"] == commits)
        disk.isSlow = false
        let after = values()
        #expect(after["$SYS/broker/store/bytes/uncommitted"] == 0)
        #expect(try #require(after["$SYS/broker/store/commits"]) >= commits + 2)

        var memory = TestBroker(options: BrokerOptions())
        let client = memory.connect("client")
        memory.advance(seconds: 10)
        memory.send(.subscribe("$SYS/broker/store/#"), from: client)
        #expect(memory.messages(client).allSatisfy { !$0.topic.string.hasSuffix("commits") })
    }

    @Test("A shard that does not answer holds up $SYS alone, and is not asked twice")
    func stalled() {
        let shards = TestShards(2, options: BrokerOptions())
        let client = shards.connect("client", on: 0)
        shards.send(.subscribe("$SYS/broker/uptime"), from: client)
        shards.stall(1)
        shards.advance(seconds: 100)
        #expect(shards.mailboxes.waiting(for: 1).count { if case .figuresWanted = $0 { true } else { false } } == 1)
        #expect(shards.payloads(client).isEmpty)
        shards.goOn(1)
        shards.advance(seconds: 10)
        #expect(shards.payloads(client).last == "110 seconds")
    }
}
