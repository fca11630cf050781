import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("A turn among other shards")
struct PostingTests {
    private func narrow(_ count: Int = 3) -> TestShards {
        var options = TestBroker.quiet
        options.limits.mailboxBytes = 50_000
        return TestShards(count, options: options)
    }

    @Test("A full lane pauses who publishes there and nobody else; then all of it arrives, in order")
    func backPressure() {
        let shards = narrow()
        let toStalled = shards.connect("a", on: 0)
        let toOther = shards.connect("b", on: 0)
        let slow = shards.connect("slow", on: 1)
        let quick = shards.connect("quick", on: 2)
        shards.send(.subscribe("slow"), from: slow)
        shards.send(.subscribe("quick"), from: quick)
        for client in [slow, quick] { _ = shards.received(client) }
        shards.stall(1)
        let count = 5_000
        for start in stride(from: 0, to: count, by: 500) {
            shards.send((start..<start + 500).map { .publish("slow", "\($0)") }, from: toStalled)
            shards.send((start..<start + 500).map { .publish("quick", "\($0)") }, from: toOther)
        }
        #expect(shards.payloads(quick) == (0..<count).map(String.init))
        #expect(shards.counters.connectionsPaused > 0)
        #expect(shards[0].tick.paused.count == 1)
        #expect(shards.mailboxes.weight(from: 0, to: 1) < 2 * (50_000 + PeerBatch.ordinarySize))
        shards.goOn(1)
        #expect(shards.payloads(slow) == (0..<count).map(String.init))
        #expect(shards[0].tick.paused.isEmpty)
        #expect(shards[0].tick.core.place.common.unfinishedBytes.current == 0)
    }

    @Test("Memory stays bounded however often little is told to a shard that is stalled")
    func trickle() {
        let shards = narrow(2)
        let publisher = shards.connect("publisher", on: 0)
        let subscriber = shards.connect("subscriber", on: 1)
        shards.send(.subscribe("a"), from: subscriber)
        _ = shards.received(subscriber)
        shards.stall(1)
        for i in 0..<200 { shards.send(.publish("a", "\(i)"), from: publisher) }
        let waiting = shards.mailboxes.waiting(for: 1).count
        #expect(waiting <= 50_000 / PeerBatch.ordinarySize + 2, "one more when it is full")
        shards.goOn(1)
        #expect(shards.payloads(subscriber) == (0..<200).map(String.init))
    }

    @Test("Keep Alive does not end the connection of a client that is not read from; later it does")
    func keepAlive() {
        let shards = narrow(2)
        let publisher = shards.connect("publisher", on: 0, keepAlive: 10)
        let subscriber = shards.connect("subscriber", on: 1)
        shards.send(.subscribe("a"), from: subscriber)
        shards.stall(1)
        for i in 0..<20 { shards.send(.publish("a", "\(i)"), from: publisher) }
        #expect(shards[0].tick.paused.count == 1)
        shards.advance(seconds: 100)
        #expect(!shards.isClosed(publisher))
        shards.goOn(1)
        shards.advance(seconds: 14)
        #expect(!shards.isClosed(publisher))
        shards.advance(seconds: 2)
        #expect(shards.isClosed(publisher))
    }

    @Test("The end of a client that is not read from is noticed when all it sent has been dealt with")
    func endWhilePaused() {
        let shards = narrow(2)
        let publisher = shards.connect("publisher", on: 0, will: .init("a", "will"))
        let subscriber = shards.connect("subscriber", on: 1)
        shards.send(.subscribe("a"), from: subscriber)
        _ = shards.received(subscriber)
        shards.stall(1)
        for i in 0..<20 { shards.send(.publish("a", "\(i)"), from: publisher) }
        shards.drop(publisher)
        #expect(shards[0].tick.core.sessions.count == 1)
        shards.goOn(1)
        #expect(shards.payloads(subscriber) == (0..<20).map(String.init) + ["will"])
        #expect(shards[0].tick.core.sessions.count == 0)
    }

    @Test("A client that is not read from can be taken over, and its slot is another's")
    func takenOverWhilePaused() {
        let shards = narrow(2)
        let publisher = shards.connect("publisher", on: 0)
        let subscriber = shards.connect("subscriber", on: 1)
        shards.send(.subscribe("a"), from: subscriber)
        shards.stall(1)
        shards.send((0..<1_000).map { .publish("a", "\($0)") }, from: publisher)
        #expect(shards[0].tick.paused.count == 1)
        let second = shards.connect("publisher", on: 0)
        #expect(shards.isClosed(publisher))
        #expect(shards[0].tick.core.place.common.unfinishedBytes.current == 0)
        shards.send(.subscribe("b"), from: second)
        #expect(shards.received(second).count == 1)
        shards.goOn(1)
        #expect(shards[0].tick.paused.isEmpty && !shards.isClosed(second))
    }

    @Test("Many who wait for the same shard go on in turns")
    func fairness() {
        let shards = narrow(2)
        let publishers = (0..<8).map { shards.connect("publisher \($0)", on: 0) }
        let subscriber = shards.connect("subscriber", on: 1)
        shards.send(.subscribe("a"), from: subscriber)
        _ = shards.received(subscriber)
        shards.stall(1)
        let payload = String(repeating: "x", count: 500)
        for (i, publisher) in publishers.enumerated() {
            shards.send((0..<120).map { _ in .publish("a", "\(i)" + payload) }, from: publisher)
        }
        // Each lane full is taken once; after a few of them everybody has been heard.
        for _ in 0..<8 {
            shards[1].turn()
            shards.settle()
        }
        #expect(Set(shards.payloads(subscriber).compactMap(\.first)).count == 8)
        shards.goOn(1)
        #expect(shards[0].tick.paused.isEmpty)
    }

    @Test("Who waits goes on though the other shard had taken everything before this one asked for room")
    func quick() {
        let shards = narrow(2)
        let publisher = shards.connect("publisher", on: 0)
        let subscriber = shards.connect("subscriber", on: 1)
        shards.send(.subscribe("a"), from: subscriber)
        _ = shards.received(subscriber)
        shards.mailboxes.isTakenAtOnce = true
        shards.send((0..<3_000).map { .publish("a", "\($0)") }, from: publisher)
        #expect(shards.counters.connectionsPaused > 0)
        #expect(shards[0].tick.paused.isEmpty)
        #expect(shards.payloads(subscriber) == (0..<3_000).map(String.init))
    }
}
