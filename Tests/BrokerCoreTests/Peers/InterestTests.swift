import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("Interest between shards")
struct InterestTests {
    /// What the others are told of interest while `body` runs and shard 1 does not turn.
    private func told(_ shards: TestShards, _ body: () -> Void) -> [Bool] {
        shards.stall(1)
        body()
        let told = shards.mailboxes.waiting(for: 1).compactMap { if case .interest(_, let isWanted) = $0 { isWanted } else { nil } }
        shards.goOn(1)
        return told
    }

    @Test("It is told when the first subscription to a filter comes and when the last goes, not in between")
    func firstAndLast() {
        let shards = TestShards(2)
        let clients = (0..<3).map { shards.connect("client \($0)", on: 0) }
        #expect(told(shards) { shards.send(.subscribe("a/+"), from: clients[0]) } == [true])
        #expect(told(shards) { shards.send(.subscribe("a/+", qos: .atLeastOnce), from: clients[1]) } == [])
        #expect(told(shards) { shards.send(.subscribe("a/+"), from: clients[1]) } == [])
        #expect(told(shards) { shards.send(.unsubscribe("a/+"), from: clients[0]) } == [])
        #expect(told(shards) { shards.send(.subscribe(shards.share("a/+", ownedBy: 0)), from: clients[2]) } == [])
        #expect(told(shards) { shards.drop(clients[1]) } == [])
        #expect(told(shards) { shards.drop(clients[2]) } == [false])
    }

    @Test("A message crosses once to each shard that wants it, however many of its filters match, and not to others")
    func once() {
        let shards = TestShards(3)
        let publisher = shards.connect("publisher", on: 0)
        let subscribers = (0..<3).map { shards.connect("subscriber \($0)", on: 1) }
        for (i, filter) in ["a", "+", "#"].enumerated() { shards.send(.subscribe(filter), from: subscribers[i]) }
        shards.stall(1)
        shards.stall(2)
        shards.send(.publish("a", "1"), from: publisher)
        let crossings = (1...2).map { shards.mailboxes.waiting(for: $0).count { if case .publish = $0 { true } else { false } } }
        #expect(crossings == [1, 0])
        shards.goOn(1)
        shards.goOn(2)
        for subscriber in subscribers { #expect(shards.payloads(subscriber) == ["1"]) }
        for subscriber in subscribers { shards.send(.unsubscribe("a", "+", "#"), from: subscriber) }
        for shard in shards.shards { #expect(shard.tick.core.census.filterNodes == 0) }
    }

    @Test("Who holds its SUBACK gets what is published after it, though the publisher's shard has not turned since")
    func readYourWrites() {
        let shards = TestShards(2)
        let publisher = shards.connect("publisher", on: 0)
        let subscriber = shards.connect("subscriber", on: 1)
        // The publisher's shard meets the topic first without a receiver.
        shards.send(.publish("a", "before"), from: publisher)
        shards.stall(0)
        shards.send(.subscribe("a"), from: subscriber)
        #expect(shards.received(subscriber).count == 1)
        shards.send(.publish("a", "after"), from: publisher)
        shards.goOn(0)
        #expect(shards.payloads(subscriber) == ["after"])
    }

    @Test("So does a member of a Shared Subscription: its SUBACK waits until the owner has told everybody", arguments: [0, 1])
    func readYourWritesShared(publishing: Int) {
        let shards = TestShards(3)
        let publisher = shards.connect("publisher", on: publishing)
        let member = shards.connect("member", on: 1)
        let group = shards.share("a", ownedBy: 2)
        shards.stall(2)
        shards.send(.subscribe(group), from: member)
        #expect(shards.received(member).isEmpty, "the owner does not know yet")
        if publishing == 0 { shards.stall(0) }
        shards.goOn(2)
        #expect(shards.received(member).count == 1)
        shards.send(.publish("a", "after"), from: publisher)
        shards.goOn(0)
        #expect(shards.payloads(member) == ["after"])
    }
}
