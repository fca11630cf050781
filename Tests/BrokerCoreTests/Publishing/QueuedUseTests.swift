import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("The bound of all queues")
struct QueuedUseTests {
    @Test("It holds over all shards together, to the byte as long as they take no portions", arguments: [1, 2, 5])
    func bound(count: Int) {
        let shards = Uses(count)
        let size = 7
        var used = 0
        var refusals = 0
        for i in 0..<100 {
            if shards.add(size, to: i % count, limit: 100) { used += size } else { refusals += 1 }
        }
        #expect(used <= 100 && used > 100 - 2 * size && refusals > 0)
        #expect(shards.common.queuedBytes.current <= 100)
        shards.removeAll(limit: 100)
        #expect(shards.common.queuedBytes.current == 0)
    }

    @Test("What a shard has set aside comes back, so that another can have nearly all")
    func portions() {
        let shards = Uses(2)
        let limit = 1_000_000
        for _ in 0..<5_000 { _ = shards.add(100, to: 0, limit: limit) }
        shards.removeAll(limit: limit)
        var used = 0
        while shards.add(100, to: 1, limit: limit) { used += 100 }
        #expect(used == limit)
    }

    @Test("What is put back waits though there is no room, and is counted")
    func putBack() {
        let shards = Uses(2)
        shards.put(150, to: 0)
        #expect(shards.common.queuedBytes.current == 150)
        #expect(!shards.add(1, to: 1, limit: 100))
        shards.removeAll(limit: 100)
        #expect(shards.add(1, to: 1, limit: 100))
    }

    @Test("A message that finds no room in the queues of another shard is refused to its publisher")
    func refused() {
        var options = TestBroker.quiet
        options.limits.queuedBytesTotal = 10_000
        let shards = TestShards(2, options: options)
        let publisher = shards.connect("publisher", on: 0)
        for shard in 0..<2 {
            let subscriber = shards.connect("subscriber", on: shard, properties: [.sessionExpiryInterval(seconds: 100)])
            shards.send(.subscribe("to \(shard)", qos: .atLeastOnce), from: subscriber)
            shards.drop(subscriber)
        }
        let payload = String(repeating: "x", count: 994)
        var codes: [ReasonCode] = []
        for i in 0..<12 as Range<UInt16> {
            shards.send(.publish("to \(i % 2)", payload, qos: .atLeastOnce, id: i + 1), from: publisher)
            for case .acknowledgement(let acknowledgement) in shards.received(publisher) { codes.append(acknowledgement.reasonCode) }
        }
        #expect(codes == Array(repeating: .success, count: 10) + [.quotaExceeded, .quotaExceeded])
        #expect(shards.counters.dropped[.queuesFull] == 2)
        shards.advance(seconds: 101)
        #expect(shards[0].tick.core.place.common.queuedBytes.current == 0)
        for shard in shards.shards { #expect(shard.tick.core.messages.count == 0) }
    }

    /// Those of several shards, and what they have added.
    private struct Uses {
        final class Use {
            var queued: QueuedUse
            var sizes: [Int] = []
            init(_ place: ShardPlace) { queued = QueuedUse(place) }
        }

        let uses: [Use]
        let common: CommonUse

        init(_ count: Int) {
            let places = ShardPlace.all(count: count, hashSeed: 1)
            uses = places.map { Use($0) }
            common = places[0].common
        }

        func add(_ size: Int, to shard: Int, limit: Int) -> Bool {
            guard uses[shard].queued.hasRoom(size, limit: limit) else { return false }
            put(size, to: shard)
            return true
        }

        func put(_ size: Int, to shard: Int) {
            uses[shard].queued.add(size)
            uses[shard].sizes.append(size)
        }

        func removeAll(limit: Int) {
            for use in uses {
                while let size = use.sizes.popLast() { use.queued.remove(size, limit: limit) }
            }
        }
    }
}
