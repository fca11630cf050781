import BrokerRecords
import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("After a crash")
struct RecoveryTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000)]

    private func reconnect(_ clientID: String, _ broker: inout TestBroker, _ properties: [Property]? = nil) -> (TestBroker.Client, Bool?) {
        var packet = ConnectPacket(version: .v5, cleanStart: false, keepAliveSeconds: 0, clientID: UTF8Text(clientID))
        packet.properties = PropertyList(properties ?? persistent)
        let (client, connack) = broker.connect(packet)
        return (client, connack?.sessionPresent)
    }

    @Test("sessions are there, with their subscriptions, options and identifiers")
    func subscriptions() throws {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("a/+", qos: .atLeastOnce, retainAsPublished: true, identifier: 77), from: client)
        broker.send(.subscribe("own", qos: .exactlyOnce, noLocal: true), from: client)
        broker = TestBroker(on: disk)
        let (again, isPresent) = reconnect("client", &broker)
        #expect(isPresent == true)
        broker.send(.publish("own", "x"), from: again)
        let publisher = broker.connect("publisher")
        broker.send(.publish("a/b", "y", qos: .exactlyOnce, retain: true), from: publisher)
        let message = try #require(broker.messages(again).first)
        #expect(message.topic.string == "a/b")
        #expect(message.qos == .atLeastOnce)
        #expect(message.retain)
        #expect(message.properties.subscriptionIdentifiers == [77])
    }

    @Test("what was in flight comes again under its identifier with DUP, what waited comes after it, and PUBREL where PUBREC had come")
    func messages() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let properties = persistent + [.receiveMaximum(3)]
        let client = broker.connect("client", properties: properties)
        broker.send(.subscribe("t", qos: .exactlyOnce), from: client)
        let publisher = broker.connect("publisher")
        for i in 1...5 as ClosedRange<UInt16> {
            broker.send(.publish("t", "\(i)", qos: i % 2 == 0 ? .exactlyOnce : .atLeastOnce, id: i), from: publisher)
        }
        // 1 and 2 are in flight, 3 as well; 2 is released, 1 is over, so that 4 has got an identifier later than its record.
        broker.send([.pubrec(2), .puback(1)], from: client)
        _ = broker.received(client)
        broker = TestBroker(on: disk)
        let (again, _) = reconnect("client", &broker, properties)
        let packets = broker.received(again)
        #expect(packets.first == .pubrel(2))
        let sent = packets.compactMap { packet -> String? in
            guard case .publish(let message) = packet else { return nil }
            return "\(String(decoding: message.payload, as: UTF8.self)) \(message.packetID ?? 0) \(message.dup)"
        }
        #expect(sent == ["3 3 true", "4 4 true", "5 5 false"])
        broker.send([.pubcomp(2), .puback(3), .pubrec(4), .pubcomp(4), .puback(5)], from: again)
        #expect(disk.count(BrokerTable.messages) == 0)
        #expect(disk.count(BrokerTable.exchanges) == 0)
    }

    @Test("a QoS 2 message whose PUBREC was lost is not taken twice [MQTT-4.3.3-10]")
    func received() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let subscriber = broker.connect("subscriber", properties: persistent)
        broker.send(.subscribe("t", qos: .atLeastOnce), from: subscriber)
        let publisher = broker.connect("publisher", properties: persistent)
        broker.send(.publish("t", "x", qos: .exactlyOnce, id: 5), from: publisher)
        broker = TestBroker(on: disk)
        let (again, _) = reconnect("publisher", &broker)
        broker.send(.publish("t", "x", qos: .exactlyOnce, id: 5, dup: true), from: again)
        broker.send(.pubrel(5), from: again)
        #expect(broker.received(again) == [.pubrec(5), .pubcomp(5)])
        let (receiver, _) = reconnect("subscriber", &broker)
        #expect(broker.payloads(receiver) == ["x"])
        #expect(disk.count(BrokerTable.received) == 0)
    }

    @Test("what was not on disk never was, and nobody was told that it is")
    func unacknowledged() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("t", qos: .atLeastOnce), from: client)
        _ = broker.received(client)
        disk.isSlow = true
        broker.send(.subscribe("u", qos: .atLeastOnce), from: client)
        broker.send(.publish("t", "x", qos: .atLeastOnce, id: 3), from: client)
        broker.send(.publish("r", "x", qos: .atLeastOnce, id: 4, retain: true), from: client)
        #expect(broker.received(client).allSatisfy { $0.type == .publish })
        broker = TestBroker(on: disk)
        #expect(broker.tick.core.census.subscriptions == 1)
        #expect(broker.tick.core.census.queuedMessages == 0)
        #expect(broker.tick.core.census.retained == 0)
    }

    @Test("the last Retained Message of a topic is there, and none that was cleared")
    func retained() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client")
        for i in 1...3 { broker.send(.publish("r", "\(i)", retain: true), from: client) }
        broker.send(.publish("gone", "x", retain: true), from: client)
        broker.send(.publish("gone", "", retain: true), from: client)
        broker.send(.publish("short", "x", retain: true, properties: [.messageExpiryInterval(seconds: 60)]), from: client)
        #expect(disk.count(BrokerTable.retained) == 2)
        broker = TestBroker(on: disk, after: 30)
        let reader = broker.connect("reader")
        broker.send(.subscribe("#"), from: reader)
        let messages = broker.messages(reader)
        #expect(messages.map { "\($0.topic.string) \(String(decoding: $0.payload, as: UTF8.self))" }.sorted() == ["r 3", "short x"])
        #expect(messages.compactMap(\.properties.messageExpiryInterval) == [30])
        broker = TestBroker(on: disk, after: 90)
        broker.advance(seconds: 1)
        #expect(broker.tick.core.census.retained == 1)
        #expect(disk.count(BrokerTable.retained) == 1)
    }

    @Test("a session that expired meanwhile is gone with all it had, and one that has not is there")
    func expiry() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        for (name, seconds) in [("short", 50), ("long", 200)] as [(String, UInt32)] {
            let client = broker.connect(name, properties: [.sessionExpiryInterval(seconds: seconds)])
            broker.send(.subscribe("t", qos: .atLeastOnce), from: client)
        }
        let publisher = broker.connect("publisher")
        broker.send(.publish("t", "x", qos: .atLeastOnce), from: publisher)
        broker = TestBroker(on: disk, after: 100)
        broker.advance(seconds: 0)
        #expect(broker.tick.core.census.sessions == 1)
        #expect(reconnect("short", &broker, []).1 == false)
        #expect(reconnect("long", &broker, [.sessionExpiryInterval(seconds: 200)]).1 == true)
        // It counts from when the broker was last alive, for nobody has seen the client go.
        disk.aliveAt += 900_000_000_000
        broker = TestBroker(on: disk, after: 1_000)
        broker.advance(seconds: 50)
        #expect(disk.count(BrokerTable.sessions) == 1)
        broker.advance(seconds: 60)
        #expect(disk.count(BrokerTable.sessions) == 0)
        #expect(disk.count(BrokerTable.messages) == 0)
        #expect(disk.count(BrokerTable.subscriptions) == 0)
    }

    @Test("Wills are published: after the rest of their delay, or at once where the session went with its connection")
    func wills() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let subscriber = broker.connect("subscriber", properties: persistent)
        broker.send(.subscribe("w/#", qos: .exactlyOnce), from: subscriber)
        _ = broker.connect("kept", will: .init("w/kept", "x", qos: .atLeastOnce, delay: 60), properties: persistent)
        _ = broker.connect("clean", will: .init("w/clean", "y", qos: .exactlyOnce))
        broker = TestBroker(on: disk, after: 20)
        let (again, _) = reconnect("subscriber", &broker)
        broker.advance(seconds: 1)
        #expect(broker.payloads(again) == ["y"])
        broker.send([.pubrec(1), .pubcomp(1)], from: again)
        broker.advance(seconds: 38)
        #expect(broker.payloads(again) == [])
        broker.advance(seconds: 2)
        #expect(broker.payloads(again) == ["x"])
        #expect(disk.count(BrokerTable.wills) == 0)
    }

    @Test("a Shared Subscription has what nobody had acknowledged")
    func shared() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let member = broker.connect("member", properties: persistent + [.receiveMaximum(1)])
        broker.send(.subscribe("$share/g/t", qos: .exactlyOnce), from: member)
        let publisher = broker.connect("publisher")
        for i in 1...3 as ClosedRange<UInt16> { broker.send(.publish("t", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
        #expect(disk.count(BrokerTable.messages) == 3)
        broker = TestBroker(on: disk)
        let (again, _) = reconnect("member", &broker)
        let messages = broker.messages(again)
        #expect(messages.map { String(decoding: $0.payload, as: UTF8.self) } == ["1", "2", "3"])
        broker.send(messages.map { .puback($0.packetID ?? 0) }, from: again)
        #expect(disk.count(BrokerTable.messages) == 0)
    }

    @Test("rows that say nothing are counted and cost nobody else anything")
    func unreadable() {
        let disk = TestDisk()
        var broker = TestBroker(on: disk)
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("t", qos: .exactlyOnce), from: client)
        for table in BrokerCore.recoveredTables {
            disk.put([1, 2], at: [0, 0, 0, 0, 0, 0, 0, 1], in: table)
            disk.put([], at: [9], in: table)
        }
        broker = TestBroker(on: disk)
        #expect(broker.unreadable == 18)
        #expect(reconnect("client", &broker).1 == true)
    }

    // MARK: - Several shards

    @Test("with another number of shards everybody gets what waited, once", arguments: [(2, 1), (1, 2), (2, 3), (3, 2)])
    func otherShards(before: Int, after: Int) {
        let disk = TestDisk()
        var shards = TestShards(before, on: disk)
        let names = (0..<8).map { "client-\($0)" }
        let owner = { (name: String) in name.withBytes { shards[0].tick.core.shard(of: $0) } }
        for name in names {
            let client = shards.connect(exactly: name, on: owner(name), cleanStart: true, properties: persistent)
            shards.send(.subscribe("t", qos: .atLeastOnce), from: client)
            shards.send(.disconnect(), from: client)
        }
        let publisher = shards.connect("publisher", on: 0)
        for i in 1...5 as ClosedRange<UInt16> { shards.send(.publish("t", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
        #expect(disk.count(BrokerTable.messages) == 5 * before)
        for round in 0..<2 {
            shards = TestShards(after, on: disk)
            for name in round == 0 ? names.prefix(4) : names[4...] {
                let client = shards.connect(exactly: name, on: owner(name), cleanStart: false, properties: persistent)
                var payloads: [String] = []
                for case .publish(let message) in shards.received(client) {
                    payloads.append(String(decoding: message.payload, as: UTF8.self))
                    shards.send(.puback(message.packetID ?? 0), from: client)
                }
                #expect(payloads == (1...5).map { "\($0)" })
            }
        }
        #expect(disk.count(BrokerTable.messages) == 0)
        #expect(disk.count(BrokerTable.settled) == 0)
    }

    @Test("a QoS 2 message that one shard had taken and the other had not reaches the other's clients once", arguments: [1, 2, 3])
    func unconfirmed(after: Int) {
        let disk = TestDisk()
        var shards = TestShards(2, on: disk)
        let near = shards.clientID("near", on: 0)
        let far = shards.clientID("far", on: 1)
        for (name, shard) in [(near, 0), (far, 1)] {
            let client = shards.connect(exactly: name, on: shard, cleanStart: true, properties: persistent)
            shards.send(.subscribe("t", qos: .exactlyOnce), from: client)
            shards.send(.disconnect(), from: client)
        }
        let publisher = shards.clientID("publisher", on: 0)
        let sender = shards.connect(exactly: publisher, on: 0, cleanStart: true, properties: persistent)
        shards.stall(1)
        shards.send(.publish("t", "x", qos: .exactlyOnce, id: 1), from: sender)
        #expect(shards.received(sender).isEmpty)
        #expect(disk.count(BrokerTable.unconfirmed) == 1)
        shards = TestShards(after, on: disk)
        let owner = { (name: String) in name.withBytes { shards[0].tick.core.shard(of: $0) } }
        let again = shards.connect(exactly: publisher, on: owner(publisher), cleanStart: false, properties: persistent)
        shards.send(.publish("t", "x", qos: .exactlyOnce, id: 1, dup: true), from: again)
        for name in [near, far] {
            let client = shards.connect(exactly: name, on: owner(name), cleanStart: false, properties: persistent)
            #expect(shards.payloads(client) == ["x"])
        }
        #expect(disk.count(BrokerTable.unconfirmed) == 0)
    }

    @Test("what a shard has dealt with is not routed a second time")
    func confirmed() {
        let disk = TestDisk()
        var shards = TestShards(2, on: disk)
        let far = shards.clientID("far", on: 1)
        let client = shards.connect(exactly: far, on: 1, cleanStart: true, properties: persistent)
        shards.send(.subscribe("t", qos: .exactlyOnce), from: client)
        shards.send(.disconnect(), from: client)
        let publisher = shards.connect("publisher", on: 0, properties: persistent)
        shards.send(.publish("t", "x", qos: .exactlyOnce, id: 1), from: publisher)
        #expect(shards.received(publisher) == [.pubrec(1)])
        #expect(disk.count(BrokerTable.unconfirmed) == 0)
        shards = TestShards(2, on: disk)
        let again = shards.connect(exactly: far, on: 1, cleanStart: false, properties: persistent)
        #expect(shards.payloads(again) == ["x"])
    }

    @Test("what a client of one shard cleared does not come back, although another shard had put it there")
    func clearedElsewhere() {
        let disk = TestDisk()
        var shards = TestShards(2, on: disk)
        let setter = shards.connect("setter", on: 1)
        shards.send(.publish("r", "x", qos: .atLeastOnce, retain: true), from: setter)
        let clearing = shards.connect("clearing", on: 0, properties: persistent)
        shards.stall(1)
        shards.send(.publish("r", "", qos: .exactlyOnce, retain: true), from: clearing)
        shards = TestShards(2, on: disk)
        #expect(shards[0].tick.core.census.retained == 0)
    }

    @Test("a Shared Subscription whose owner is another shard than its member has what waited")
    func sharedElsewhere() {
        let disk = TestDisk()
        var shards = TestShards(2, on: disk)
        let share = shards.share("t", ownedBy: 0)
        let member = shards.clientID("member", on: 1)
        let client = shards.connect(exactly: member, on: 1, cleanStart: true, properties: persistent)
        shards.send(.subscribe(share, qos: .atLeastOnce), from: client)
        shards.send(.disconnect(), from: client)
        let publisher = shards.connect("publisher", on: 0)
        for i in 1...3 as ClosedRange<UInt16> { shards.send(.publish("t", "\(i)", qos: .atLeastOnce, id: i), from: publisher) }
        #expect(disk.count(BrokerTable.messages) == 3)
        shards = TestShards(2, on: disk)
        let again = shards.connect(exactly: member, on: 1, cleanStart: false, properties: persistent)
        var payloads: [String] = []
        for case .publish(let message) in shards.received(again) {
            payloads.append(String(decoding: message.payload, as: UTF8.self))
            shards.send(.puback(message.packetID ?? 0), from: again)
        }
        #expect(payloads == ["1", "2", "3"])
        #expect(disk.count(BrokerTable.messages) == 0)
    }
}
