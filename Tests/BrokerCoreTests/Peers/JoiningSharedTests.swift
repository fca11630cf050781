import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("A member of another shard's Shared Subscription")
struct JoiningSharedTests {
    private func publish(_ count: Int, _ shards: TestShards, _ publisher: TestShards.Client) {
        for i in 0..<count { shards.send(.publish("a", "\(i)", qos: .exactlyOnce, id: UInt16(i + 1)), from: publisher) }
    }

    @Test("It gets messages at its own QoS, with its identifier, and keeps RETAIN if it wants to [MQTT-4.8.2-3]")
    func options() {
        let shards = TestShards(2)
        let member = shards.connect("member", on: 1)
        let publisher = shards.connect("publisher", on: 0)
        let group = shards.share("a", ownedBy: 0)
        shards.send(.subscribe(group, qos: .atLeastOnce, retainAsPublished: true, identifier: 9), from: member)
        _ = shards.received(member)
        shards.send(.publish("a", "x", qos: .exactlyOnce, id: 1, retain: true), from: publisher)
        #expect(
            shards.received(member) == [
                .publish("a", "x", qos: .atLeastOnce, id: 1, retain: true, properties: [.subscriptionIdentifier(9)])
            ])
        shards.send(.subscribe(group, qos: .atMostOnce), from: member)
        _ = shards.received(member)
        shards.send(.publish("a", "y", qos: .exactlyOnce, id: 2), from: publisher)
        #expect(shards.received(member) == [.publish("a", "y")])
    }

    @Test("One that changes its QoS while messages are on their way gets as many as before afterwards", arguments: [true, false])
    func changesQoS(downwards: Bool) {
        let shards = TestShards(2)
        let member = shards.connect("member", on: 1, properties: [.receiveMaximum(4)])
        let publisher = shards.connect("publisher", on: 0)
        let group = shards.share("a", ownedBy: 0)
        let levels: [QoS] = downwards ? [.atLeastOnce, .atMostOnce] : [.atMostOnce, .atLeastOnce]
        shards.send(.subscribe(group, qos: levels[0]), from: member)
        _ = shards.received(member)
        for level in [levels[1], .atLeastOnce] {
            shards.stall(1)
            publish(3, shards, publisher)
            for i in 1...3 as ClosedRange<UInt16> { shards.send(.pubrel(i), from: publisher) }
            shards.send(.subscribe(group, qos: level), from: member)
            shards.goOn(1)
            for case .publish(let publish) in shards.received(member) {
                if let id = publish.packetID { shards.send(.puback(id), from: member) }
            }
        }
        publish(4, shards, publisher)
        #expect(shards.payloads(member) == ["0", "1", "2", "3"])
    }

    @Test("What was sent before it unsubscribed stays its own [MQTT-3.10.4-3]")
    func unsubscribed() {
        let shards = TestShards(2)
        let members = (0..<2).map { shards.connect("member \($0)", on: 1, properties: [.sessionExpiryInterval(seconds: 100)]) }
        let publisher = shards.connect("publisher", on: 0)
        let group = shards.share("a", ownedBy: 0)
        for member in members {
            shards.send(.subscribe(group, qos: .atLeastOnce), from: member)
            _ = shards.received(member)
        }
        publish(4, shards, publisher)
        let own = shards.payloads(members[0])
        let others = shards.payloads(members[1])
        #expect(own.count == 2 && others.count == 2)
        shards.send(.unsubscribe(group), from: members[0])
        shards.drop(members[0])
        #expect(shards.payloads(members[1]).isEmpty)
        let back = shards.connect("member 0", on: 1, cleanStart: false)
        #expect(shards.payloads(back) == own)
    }

    @Test("QoS 2 stays with the session it was begun with; QoS 1 goes to the others [MQTT-4.8.2-4] [MQTT-4.8.2-5]")
    func begun() {
        let shards = TestShards(2)
        let members = (0..<2).map { shards.connect("member \($0)", on: 1, properties: [.sessionExpiryInterval(seconds: 100)]) }
        let publisher = shards.connect("publisher", on: 0)
        let group = shards.share("a", ownedBy: 0)
        for member in members {
            shards.send(.subscribe(group, qos: .exactlyOnce), from: member)
            _ = shards.received(member)
        }
        publish(2, shards, publisher)
        for i in 3...4 as ClosedRange<UInt16> { shards.send(.publish("a", "once \(i)", qos: .atLeastOnce, id: i), from: publisher) }
        let own = shards.payloads(members[0])
        _ = shards.payloads(members[1])
        shards.drop(members[0])
        #expect(shards.payloads(members[1]) == own.filter { $0.hasPrefix("once") })
        let back = shards.connect("member 0", on: 1, cleanStart: false)
        #expect(shards.payloads(back) == own.filter { !$0.hasPrefix("once") })
    }
}
