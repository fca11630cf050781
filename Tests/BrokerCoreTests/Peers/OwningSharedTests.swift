import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("A Shared Subscription whose members are on several shards")
struct OwningSharedTests {
    private func broker(_ strategy: SharedSubscriptionStrategy = .roundRobin) -> TestShards {
        var options = TestBroker.quiet
        options.sharedSubscriptionStrategy = strategy
        return TestShards(3, options: options)
    }

    /// A member on each shard, of a group owned by shard 0.
    private func members(
        _ shards: TestShards, on places: [Int] = [0, 1, 2], qos: QoS = .atLeastOnce, receiveMaximum: UInt16 = 100
    ) -> [TestShards.Client] {
        let group = shards.share("a", ownedBy: 0)
        return places.enumerated().map { i, shard in
            let member = shards.connect(
                "member \(i)", on: shard, properties: [.sessionExpiryInterval(seconds: 100), .receiveMaximum(receiveMaximum)])
            shards.send(.subscribe(group, qos: qos), from: member)
            _ = shards.received(member)
            return member
        }
    }

    private func publish(_ numbers: ClosedRange<UInt16>, _ shards: TestShards, _ publisher: TestShards.Client) {
        for i in numbers { shards.send(.publish("a", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
    }

    private func packets(_ shards: TestShards, _ client: TestShards.Client) -> [(id: UInt16, payload: String)] {
        shards.received(client).compactMap {
            guard case .publish(let publish) = $0 else { return nil }
            return (publish.packetID ?? 0, String(decoding: publish.payload, as: UTF8.self))
        }
    }

    private func isEmpty(_ shards: TestShards) -> Bool {
        shards.shards.allSatisfy { shard in
            shard.tick.core.messages.count == 0 && shard.tick.core.pendingGroups == 0 && shard.tick.core.census.sharedSubscriptions == 0
                && shard.tick.core.remoteMembers.count == 0 && shard.tick.core.census.filterNodes == 0
                && shard.tick.core.census.identifierSets == 0
        } && shards[0].tick.core.place.common.queuedBytes.current == 0
    }

    @Test("Members take turns wherever they are, and nobody gets a message twice", arguments: 0..<3, [QoS.atMostOnce, .atLeastOnce])
    func turns(publishing: Int, qos: QoS) {
        let shards = broker()
        let members = members(shards, qos: qos)
        let publisher = shards.connect("publisher", on: publishing)
        publish(1...30, shards, publisher)
        let got = members.map { shards.payloads($0).compactMap(Int.init) }
        #expect(got.map(\.count) == [10, 10, 10])
        #expect(got.allSatisfy { $0 == $0.sorted() })
        #expect(got.flatMap { $0 }.sorted() == Array(1...30))
        for member in members { shards.drop(member) }
        shards.advance(seconds: 101)
        #expect(isEmpty(shards))
    }

    @Test("Least in flight: who acknowledges gets more, on whatever shard")
    func leastInFlight() {
        let shards = broker(.leastInFlight)
        let members = members(shards, on: [1, 2])
        let publisher = shards.connect("publisher", on: 0)
        var counts = [0, 0]
        for i in 1...20 as ClosedRange<UInt16> {
            publish(i...i, shards, publisher)
            counts[0] += packets(shards, members[0]).count
            let got = packets(shards, members[1])
            counts[1] += got.count
            for packet in got { shards.send(.puback(packet.id), from: members[1]) }
        }
        #expect(counts[0] <= 2 && counts[1] >= 18)
    }

    @Test("Nobody is given more than it has room for; what waits keeps its order and goes to who acknowledges")
    func noRoom() {
        let shards = broker()
        let members = members(shards, on: [1, 2], receiveMaximum: 2)
        let publisher = shards.connect("publisher", on: 0)
        publish(1...10, shards, publisher)
        let first = packets(shards, members[0])
        #expect(first.count == 2 && packets(shards, members[1]).count == 2)
        var got: [String] = []
        var open = first
        while let packet = open.first {
            open.removeFirst()
            shards.send(.puback(packet.id), from: members[0])
            let more = packets(shards, members[0])
            got += more.map(\.payload)
            open += more
        }
        #expect(got == (5...10).map(String.init))
        #expect(shards[0].tick.core.pendingGroups == 0)
    }

    @Test("What a member has not acknowledged when it goes for good, another with room gets at once and in order", arguments: 0..<3)
    func givenBackToRoom(to shard: Int) {
        let shards = broker()
        let members = members(shards, on: [1, shard])
        let publisher = shards.connect("publisher", on: 0)
        publish(1...8, shards, publisher)
        let gone = shards.payloads(members[0])
        _ = shards.payloads(members[1])
        shards.send(.disconnect(properties: [.sessionExpiryInterval(seconds: 0)]), from: members[0])
        #expect(gone.count == 4 && shards.payloads(members[1]) == gone)
    }

    @Test("What a member has not acknowledged when it goes, another shard's gets, in order, before what waits")
    func givenBack() {
        let shards = broker()
        let members = members(shards, on: [1, 2], receiveMaximum: 4)
        let publisher = shards.connect("publisher", on: 0)
        publish(1...12, shards, publisher)
        let gone = packets(shards, members[0]).map(\.payload)
        let stays = packets(shards, members[1])
        shards.drop(members[0])
        var got = stays.map(\.payload)
        var open = stays
        while let packet = open.first {
            open.removeFirst()
            shards.send(.puback(packet.id), from: members[1])
            let more = packets(shards, members[1])
            got += more.map(\.payload)
            open += more
        }
        #expect(Array(got.dropFirst(4)) == gone + (9...12).map(String.init))
        shards.drop(members[1])
        shards.advance(seconds: 101)
        #expect(isEmpty(shards))
    }

    @Test("A member alone keeps what it has not acknowledged; the last one's end is the group's")
    func alone() {
        let shards = broker()
        let member = members(shards, on: [1])[0]
        let publisher = shards.connect("publisher", on: 2)
        publish(1...3, shards, publisher)
        #expect(packets(shards, member).count == 3)
        shards.drop(member)
        publish(4...5, shards, publisher)
        let back = shards.connect("member 0", on: 1, cleanStart: false, properties: [.sessionExpiryInterval(seconds: 100)])
        #expect(Set(shards.payloads(back)) == ["1", "2", "3", "4", "5"])
        shards.send(.unsubscribe(shards.share("a", ownedBy: 0)), from: back)
        publish(6...6, shards, publisher)
        #expect(shards.payloads(back).isEmpty)
        shards.send(.disconnect(properties: [.sessionExpiryInterval(seconds: 0)]), from: back)
        #expect(isEmpty(shards))
    }

    @Test("A message given to a member that leaves meanwhile goes to another", arguments: ["unsubscribe", "end", "drop"])
    func leavesMeanwhile(how: String) {
        let shards = broker()
        let members = members(shards, on: [1, 2])
        let publisher = shards.connect("publisher", on: 0)
        shards.stall(1)
        publish(1...4, shards, publisher)
        switch how {
        case "unsubscribe": shards.send(.unsubscribe(shards.share("a", ownedBy: 0)), from: members[0])
        case "end": shards.send(.disconnect(properties: [.sessionExpiryInterval(seconds: 0)]), from: members[0])
        default: shards.drop(members[0])
        }
        shards.goOn(1)
        // Those that were on their way when it unsubscribed may be its own.
        let got = shards.payloads(members[1]) + (how == "unsubscribe" ? shards.payloads(members[0]) : [])
        #expect(got.sorted() == ["1", "2", "3", "4"])
        publish(5...6, shards, publisher)
        #expect(shards.payloads(members[1]) == ["5", "6"])
        for member in members { shards.drop(member) }
        shards.advance(seconds: 101)
        #expect(isEmpty(shards))
    }

    @Test("A group that ends while messages are on their way back, and begins again, does not get them")
    func endsMeanwhile() {
        let shards = broker()
        let group = shards.share("a", ownedBy: 0)
        let member = members(shards, on: [1])[0]
        let publisher = shards.connect("publisher", on: 0)
        publish(1...3, shards, publisher)
        _ = shards.received(member)
        shards.stall(0)
        shards.send(.disconnect(properties: [.sessionExpiryInterval(seconds: 0)]), from: member)
        let next = shards.connect("next", on: 2)
        shards.send(.subscribe(group, qos: .atLeastOnce), from: next)
        shards.goOn(0)
        _ = shards.payloads(next)
        publish(4...4, shards, publisher)
        #expect(shards.payloads(next) == ["4"])
        shards.drop(next)
        #expect(isEmpty(shards))
    }

    @Test("Who is back before it is asked to give back keeps its messages, and nobody gets them twice")
    func backInTime() {
        let shards = broker()
        let members = members(shards, on: [1, 2])
        let publisher = shards.connect("publisher", on: 0)
        publish(1...4, shards, publisher)
        let sent = shards.payloads(members[0])
        #expect(shards.payloads(members[1]).count == 2)
        shards.stall(0)
        shards.drop(members[0])
        let back = shards.connect("member 0", on: 1, cleanStart: false, properties: [.sessionExpiryInterval(seconds: 100)])
        shards.goOn(0)
        #expect(shards.payloads(back) == sent)
        #expect(shards.payloads(members[1]).isEmpty)
        publish(5...6, shards, publisher)
        #expect(shards.payloads(back).count == 1)
    }

    @Test("A member whose shard is behind is passed over")
    func behind() {
        var options = TestBroker.quiet
        options.limits.mailboxBytes = 1
        let shards = TestShards(3, options: options)
        let members = members(shards, on: [1, 2])
        let publishers = (0..<2).map { shards.connect("publisher \($0)", on: 0) }
        shards.stall(1)
        publish(1...1, shards, publishers[0])
        publish(2...10, shards, publishers[1])
        #expect(shards.payloads(members[1]).count == 9)
        shards.goOn(1)
        #expect(shards.payloads(members[0]).count == 1)
        publish(11...12, shards, publishers[1])
        #expect(shards.payloads(members[0]).count == 1)
    }
}
