import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("Messages that cross")
struct ForwardingTests {
    private func retained(_ shards: TestShards) -> [[String: String]] {
        shards.shards.indices.map { shard in
            let reader = shards.connect("reader", on: shard)
            shards.send(.subscribe("#"), from: reader)
            var kept: [String: String] = [:]
            for case .publish(let publish) in shards.received(reader) {
                kept[publish.topic.string] = String(decoding: publish.payload, as: UTF8.self)
            }
            shards.drop(reader)
            return kept
        }
    }

    @Test("A message keeps its topic, payload, properties and QoS on its way", arguments: [10, 1_024, 50_000])
    func content(size: Int) {
        let shards = TestShards(2)
        let publisher = shards.connect("publisher", on: 0)
        let subscriber = shards.connect("subscriber", on: 1)
        shards.send(.subscribe("a/#", qos: .exactlyOnce), from: subscriber)
        _ = shards.received(subscriber)
        let payload = String(repeating: "x", count: size)
        shards.send(.publish("a/b", payload, qos: .exactlyOnce, id: 5, properties: [.contentType(UTF8Text("text"))]), from: publisher)
        #expect(shards.received(publisher) == [.pubrec(5)])
        #expect(
            shards.received(subscriber) == [
                .publish("a/b", payload, qos: .exactlyOnce, id: 1, properties: [.contentType(UTF8Text("text"))])
            ])
        shards.send(.pubrel(5), from: publisher)
        shards.send(.pubrec(1), from: subscriber)
        shards.send(.pubcomp(1), from: subscriber)
        for shard in shards.shards { #expect(shard.tick.core.messages.count == 0) }
    }

    @Test("What one publisher sends arrives in its order")
    func order() {
        let shards = TestShards(2)
        let publisher = shards.connect("publisher", on: 0)
        let subscriber = shards.connect("subscriber", on: 1)
        shards.send(.subscribe("#"), from: subscriber)
        for start in stride(from: 0, to: 1_000, by: 50) {
            shards.send((start..<start + 50).map { .publish("t\($0 % 3)", "\($0)") }, from: publisher)
        }
        #expect(shards.payloads(subscriber) == (0..<1_000).map(String.init))
    }

    @Test("A message whose time has passed on its way is not delivered [MQTT-3.3.2-5]")
    func expired() {
        let shards = TestShards(2)
        let publisher = shards.connect("publisher", on: 0)
        let subscriber = shards.connect("subscriber", on: 1)
        shards.send(.subscribe("a"), from: subscriber)
        shards.stall(1)
        shards.send(.publish("a", "short", properties: [.messageExpiryInterval(seconds: 5)]), from: publisher)
        shards.send(.publish("a", "long", properties: [.messageExpiryInterval(seconds: 60)]), from: publisher)
        shards.advance(seconds: 10)
        shards.goOn(1)
        #expect(shards.payloads(subscriber) == ["long"])
        #expect(shards.counters.dropped[.expired] == 1)
    }

    @Test("Retained Messages set on several shards at once are the same on all in the end, whoever hears last")
    func converge() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let shards = TestShards(3)
            let clients = (0..<3).map { shards.connect("client", on: $0) }
            for shard in 0..<3 { shards.stall(shard) }
            for (i, client) in clients.enumerated() { shards.send(.publish("a", "\(i)", retain: true), from: client) }
            // Each decides before it has heard of the others.
            for shard in order { shards[shard].turn() }
            for shard in order.reversed() { shards.goOn(shard) }
            let kept = retained(shards)
            #expect(kept[0].count == 1 && kept[0] == kept[1] && kept[1] == kept[2])
        }
    }

    @Test("One that is cleared does not come to life again by an older one on its way, and leaves no trace in the end")
    func tombstones() {
        let shards = TestShards(3)
        let setter = shards.connect("setter", on: 0)
        let clearer = shards.connect("clearer", on: 1)
        shards.stall(2)
        shards.stall(1)
        shards.send(.publish("a", "old", retain: true), from: setter)
        shards.advance(seconds: 1)
        // Shard 1 has not heard of it when it clears.
        shards.mailboxes.hold(from: 0, to: 1)
        shards.send(.publish("a", "", retain: true), from: clearer)
        shards.goOn(1)
        shards.goOn(2)
        shards.mailboxes.release()
        shards.settle()
        #expect(retained(shards) == [[:], [:], [:]])
        for shard in shards.shards {
            let (census, tombstones) = (shard.tick.core.census, shard.tick.core.retained.hasTombstones)
            #expect(!tombstones && census.retainedNodes == 0)
        }
    }

    @Test("One that has expired is not followed by the one it replaced")
    func expiredIsGone() {
        let shards = TestShards(3)
        let old = shards.connect("old", on: 0)
        let new = shards.connect("new", on: 1)
        shards.mailboxes.hold(from: 0, to: 2)
        shards.send(.publish("a", "old", retain: true), from: old)
        shards.send(.publish("a", "new", retain: true, properties: [.messageExpiryInterval(seconds: 2)]), from: new)
        shards.advance(seconds: 3)
        shards.mailboxes.release()
        shards.settle()
        #expect(retained(shards) == [[:], [:], [:]])
        for shard in shards.shards {
            let (census, tombstones) = (shard.tick.core.census, shard.tick.core.retained.hasTombstones)
            #expect(!tombstones && census.retainedNodes == 0)
        }
    }

    @Test("A subscription that comes at the same moment as a retained message gets it once")
    func atTheSameMoment() {
        for subscribesFirst in [true, false] {
            let shards = TestShards(2)
            let publisher = shards.connect("publisher", on: 0)
            let subscriber = shards.connect("subscriber", on: 1)
            shards.stall(0)
            shards.stall(1)
            shards.send(.publish("a", "1", retain: true), from: publisher)
            shards.send(.subscribe("a"), from: subscriber)
            for shard in subscribesFirst ? [1, 0] : [0, 1] { shards.goOn(shard) }
            #expect(shards.payloads(subscriber) == ["1"])
        }
    }

    @Test("A large payload is one piece of memory on all shards, freed when the last has done with it")
    func shared() {
        let shards = TestShards(3)
        let publisher = shards.connect("publisher", on: 0)
        let subscribers = (1...2).map { shards.connect("subscriber", on: $0) }
        for subscriber in subscribers {
            shards.send(.subscribe("a", qos: .atLeastOnce), from: subscriber)
            _ = shards.received(subscriber)
        }
        shards.send(.publish("a", String(repeating: "x", count: 10_000), qos: .atLeastOnce, id: 1), from: publisher)
        let bodies = (1...2).compactMap { shards[$0].tick.core.messages[0].body }
        #expect(bodies.count == 2 && bodies[0].bytes == bodies[1].bytes)
        bodies[0].retain()
        for subscriber in subscribers { shards.send(.puback(1), from: subscriber) }
        for shard in shards.shards { #expect(shard.tick.core.messages.count == 0) }
        #expect(bodies[0].isLastUse)
        bodies[0].release()
    }
}
