import BrokerRecords
import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("Acknowledgements that wait for other shards")
struct PendingAcknowledgementsTests {
    /// A publisher on shard 0, and somebody on shard 1 who subscribed to `there` and has room for one message once gone.
    private func broker(
        version: ProtocolVersion = .v5, _ change: (inout BrokerOptions) -> Void = { _ in }
    ) -> (TestShards, publisher: TestShards.Client, subscriber: TestShards.Client) {
        var options = TestBroker.quiet
        options.limits.queuedMessages = 1
        change(&options)
        var listener = ListenerOptions()
        listener.slowConsumer = .refuse
        let shards = TestShards(3, options: options, listener: listener)
        let properties: [Property] = [.sessionExpiryInterval(seconds: 1_000)]
        let publisher = shards.connect(
            "publisher", on: 0, version: version, cleanStart: version == .v5, properties: version == .v5 ? properties : [])
        let subscriber = shards.connect("subscriber", on: 1, properties: properties)
        shards.send(.subscribe("there", qos: .exactlyOnce), from: subscriber)
        _ = shards.received(subscriber)
        return (shards, publisher, subscriber)
    }

    private func isEmpty(_ shards: TestShards) -> Bool {
        shards.shards.allSatisfy { shard in
            shard.tick.core.confirmations.pending.count == 0 && shard.tick.core.confirmations.awaited.allSatisfy { $0.isEmpty }
        }
    }

    @Test("PUBACK and PUBREC wait until the shard that wants the message has dealt with it")
    func wait() {
        let (shards, publisher, _) = broker()
        shards.stall(1)
        shards.send([.publish("there", qos: .atLeastOnce, id: 1), .publish("there", qos: .exactlyOnce, id: 2)], from: publisher)
        #expect(shards.received(publisher).isEmpty)
        shards.goOn(1)
        #expect(shards.received(publisher) == [.puback(1), .pubrec(2)])
        #expect(isEmpty(shards))
    }

    @Test("One that waits for nobody stays behind those that do")
    func order() {
        let (shards, publisher, _) = broker()
        shards.stall(1)
        shards.send(
            [
                .publish("there", qos: .atLeastOnce, id: 1), .publish("nowhere", qos: .exactlyOnce, id: 2),
                .publish("nowhere", qos: .atLeastOnce, id: 2), .publish("$SYS/x", qos: .atLeastOnce, id: 3),
            ], from: publisher)
        #expect(shards.received(publisher).isEmpty)
        shards.goOn(1)
        #expect(
            shards.received(publisher) == [
                .puback(1), .pubrec(2, .noMatchingSubscribers), .puback(2, .packetIdentifierInUse), .puback(3, .notAuthorized),
            ])
        #expect(isEmpty(shards))
    }

    @Test("0x97 when nobody anywhere has room; success when somebody has [MQTT-4.3.3-9]")
    func refused() {
        let (shards, publisher, subscriber) = broker()
        shards.drop(subscriber)
        shards.send(.publish("there", "1", qos: .exactlyOnce, id: 1), from: publisher)
        #expect(shards.received(publisher) == [.pubrec(1)])
        shards.send(.publish("there", "2", qos: .exactlyOnce, id: 2), from: publisher)
        shards.send(.publish("there", "3", qos: .atLeastOnce, id: 3), from: publisher)
        #expect(shards.received(publisher) == [.pubrec(2, .quotaExceeded), .puback(3, .quotaExceeded)])
        // Its identifier is free again: the same PUBLISH is a new message.
        let other = shards.connect("other", on: 2)
        shards.send(.subscribe("there", qos: .exactlyOnce), from: other)
        _ = shards.received(other)
        shards.send(.publish("there", "2", qos: .exactlyOnce, id: 2, dup: true), from: publisher)
        #expect(shards.received(publisher) == [.pubrec(2)])
        #expect(shards.payloads(other) == ["2"])
        #expect(isEmpty(shards))
    }

    @Test("A PUBREC that refuses waits until the identifier is forgotten on disk: after a crash its PUBLISH is a new one")
    func refusedOnDisk() {
        let disk = TestDisk()
        var options = TestBroker.quiet
        options.limits.queuedMessages = 1
        var listener = ListenerOptions()
        listener.slowConsumer = .refuse
        let shards = TestShards(2, on: disk, options: options, listener: listener)
        let kept: [Property] = [.sessionExpiryInterval(seconds: 1_000)]
        let away = shards.connect("away", on: 1, properties: kept)
        shards.send(.subscribe("t", qos: .exactlyOnce), from: away)
        shards.drop(away)
        let publisher = shards.connect("publisher", on: 0, properties: kept)
        shards.send(.publish("t", "1", qos: .exactlyOnce, id: 1), from: publisher)
        #expect(shards.received(publisher) == [.pubrec(1)])
        shards.stall(1)
        shards.send(.publish("t", "2", qos: .exactlyOnce, id: 2), from: publisher)
        #expect(disk.count(BrokerTable.received) == 2)
        disk.isSlow = true
        shards.goOn(1)
        // That the other shard has dealt with it.
        disk.commitOldest(1)
        shards.settle()
        #expect(shards.received(publisher).isEmpty)
        disk.isSlow = false
        shards.settle()
        #expect(shards.received(publisher) == [.pubrec(2, .quotaExceeded)])
        #expect(disk.count(BrokerTable.received) == 1)
    }

    @Test("A retained message that somebody got is not refused because a subscriber who came meanwhile has no room")
    func refusedByNewcomer() {
        let (shards, publisher, subscriber) = broker()
        shards.send(.subscribe("b", qos: .exactlyOnce), from: publisher)
        shards.send(.publish("there", "fills", qos: .atLeastOnce, id: 1), from: publisher)
        _ = shards.received(publisher)
        shards.stall(0)
        shards.send(.subscribe("b", qos: .exactlyOnce), from: subscriber)
        shards.drop(subscriber)
        shards.mailboxes.hold(from: 1, to: 0)
        let filler = shards.connect("filler", on: 2)
        shards.send(.publish("there", "fills", qos: .atLeastOnce, id: 1), from: filler)
        shards.goOn(0)
        shards.send(.publish("b", "x", qos: .exactlyOnce, id: 9, retain: true), from: publisher)
        shards.mailboxes.release()
        shards.settle()
        #expect(shards.counters.dropped.total == 1)
        #expect(shards.received(publisher).contains(.pubrec(9)))
        shards.send(.pubrel(9), from: publisher)
        #expect(shards.received(publisher) == [.pubcomp(9)])
    }

    @Test("A QoS 2 message sent again while its PUBREC waits goes no further and is answered once [MQTT-4.3.3-10]")
    func sentAgain() {
        let (shards, publisher, subscriber) = broker(version: .v3_1_1)
        shards.stall(1)
        shards.send(.publish("there", "x", qos: .exactlyOnce, id: 1), from: publisher)
        shards.send(.publish("there", "x", qos: .exactlyOnce, id: 1, dup: true), from: publisher)
        #expect(shards.received(publisher).isEmpty)
        shards.goOn(1)
        #expect(shards.received(publisher) == [.pubrec(1)])
        #expect(shards.payloads(subscriber) == ["x"])
    }

    @Test("So it is on a new connection, and a refusal reaches the client there")
    func sentAgainLater() {
        let (shards, publisher, subscriber) = broker()
        shards.drop(subscriber)
        shards.send(.publish("there", "fills", qos: .exactlyOnce, id: 1), from: publisher)
        _ = shards.received(publisher)
        shards.stall(1)
        shards.send(.publish("there", "x", qos: .exactlyOnce, id: 2), from: publisher)
        shards.drop(publisher)
        let again = shards.connect(
            "publisher", on: 0, cleanStart: false, properties: [.sessionExpiryInterval(seconds: 1_000)])
        shards.send(.publish("there", "x", qos: .exactlyOnce, id: 2, dup: true), from: again)
        shards.send(.publish("nowhere", qos: .atLeastOnce, id: 3), from: again)
        #expect(shards.received(again).isEmpty)
        shards.goOn(1)
        #expect(shards.received(again) == [.pubrec(2, .quotaExceeded), .puback(3, .noMatchingSubscribers)])
        #expect(isEmpty(shards))
    }

    @Test("PUBRECs on a new connection come in the order of its PUBLISHes, whichever waited before")
    func sentAgainInOrder() {
        let (shards, publisher, _) = broker()
        shards.send(.publish("nowhere", qos: .exactlyOnce, id: 1), from: publisher)
        shards.stall(1)
        for id in 2...4 as ClosedRange<UInt16> {
            shards.send(.publish(id == 3 ? "nowhere" : "there", qos: .exactlyOnce, id: id), from: publisher)
        }
        shards.drop(publisher)
        let again = shards.connect("publisher", on: 0, cleanStart: false, properties: [.sessionExpiryInterval(seconds: 1_000)])
        for id in 1...4 as ClosedRange<UInt16> {
            shards.send(.publish(id % 2 == 1 ? "nowhere" : "there", qos: .exactlyOnce, id: id, dup: true), from: again)
        }
        shards.goOn(1)
        let order = shards.received(again).compactMap { if case .acknowledgement(let pubrec) = $0 { pubrec.packetID } else { nil } }
        #expect(order == [1, 2, 3, 4])
        #expect(isEmpty(shards))
    }

    @Test("Who goes right behind its PUBLISH is told nothing, its session remembers what it has to, and nothing is left")
    func gone() {
        for expiry in [0, 1_000] as [UInt32] {
            let (shards, publisher, subscriber) = broker()
            shards.stall(1)
            shards.send(
                [
                    .publish("there", "1", qos: .atLeastOnce, id: 1), .publish("there", "2", qos: .exactlyOnce, id: 2),
                    .publish("nowhere", qos: .atLeastOnce, id: 3), .disconnect(properties: [.sessionExpiryInterval(seconds: expiry)]),
                ], from: publisher)
            #expect(shards.received(publisher).isEmpty && shards.isClosed(publisher))
            // Another client on the same connection's and session's slots has nothing to do with it.
            let next = shards.connect("next", on: 0)
            shards.goOn(1)
            #expect(shards.received(next).isEmpty)
            #expect(shards.payloads(subscriber) == ["1", "2"])
            #expect(isEmpty(shards))
            if expiry > 0 {
                let back = shards.connect("publisher", on: 0, cleanStart: false)
                shards.send(.publish("there", "2", qos: .exactlyOnce, id: 2, dup: true), from: back)
                #expect(shards.received(back) == [.pubrec(2)])
                #expect(shards.payloads(subscriber).isEmpty)
            }
        }
    }

    @Test("More than the Receive Maximum without an acknowledgement ends the connection [MQTT-3.3.4-7]")
    func receiveMaximum() {
        let (shards, publisher, _) = broker { $0.limits.receiveMaximum = 3 }
        shards.stall(1)
        shards.send(.publish("there", qos: .atLeastOnce, id: 1), from: publisher)
        shards.send(.publish("nowhere", qos: .exactlyOnce, id: 2), from: publisher)
        shards.send(.publish("nowhere", qos: .atLeastOnce, id: 3), from: publisher)
        #expect(!shards.isClosed(publisher))
        shards.send(.publish("nowhere", qos: .atLeastOnce, id: 4), from: publisher)
        #expect(shards.received(publisher) == [.disconnect(.receiveMaximumExceeded)])
        shards.goOn(1)
        #expect(isEmpty(shards))
    }

    @Test("A Retained Message is acknowledged when all shards have it")
    func retained() {
        let (shards, publisher, _) = broker()
        shards.stall(2)
        shards.send(.publish("nowhere", "x", qos: .atLeastOnce, id: 1, retain: true), from: publisher)
        #expect(shards.received(publisher).isEmpty)
        shards.goOn(2)
        #expect(shards.received(publisher) == [.puback(1, .noMatchingSubscribers)])
    }
}
