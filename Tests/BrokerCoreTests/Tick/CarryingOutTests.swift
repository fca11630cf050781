import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Actions → bytes")
struct CarryingOutTests {
    @Test("An acknowledgement stands before a message of the same tick to the same client")
    func acknowledgementsFirst() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.subscribe("a"), from: client)
        _ = broker.received(client)
        broker.send([.publish("a", "1"), .publish("a", "2", qos: .atLeastOnce, id: 4), .pingRequest], from: client)
        let packets = broker.received(client)
        #expect(packets.prefix(2) == [.puback(4), .pingResponse])
        #expect(packets.count == 4)
    }

    @Test("Receivers of every version, QoS, identifier and alias get the message in their own form", arguments: [10, 5_000])
    func mixed(size: Int) {
        var broker = TestBroker()
        let payload = String(repeating: "x", count: size)
        let clients = (0..<24).map { i in
            let version = ProtocolVersion.allCases[i % 3]
            let client = broker.connect("\(i)", version: version, properties: version == .v5 && i % 2 == 0 ? [.topicAliasMaximum(1)] : [])
            let qos = QoS(rawValue: UInt8(i / 3 % 3)) ?? .atMostOnce
            broker.send(.subscribe("topic", qos: qos, identifier: version == .v5 && i % 4 < 2 ? UInt32(i + 1) : nil), from: client)
            _ = broker.received(client)
            return client
        }
        for round in 1...3 as ClosedRange<UInt16> {
            broker.send(.publish("topic", payload, qos: .exactlyOnce, id: round), from: clients[2])
        }
        for (i, client) in clients.enumerated() {
            let messages = broker.messages(client)
            #expect(messages.map { String(decoding: $0.payload, as: UTF8.self) } == [payload, payload, payload])
            let qos = UInt8(i / 3 % 3)
            #expect(messages.map(\.qos.rawValue) == [qos, qos, qos])
            #expect(messages.map(\.packetID) == (qos == 0 ? [nil, nil, nil] : [1, 2, 3]))
            let hasIdentifier = i % 3 == 2 && i % 4 < 2
            #expect(messages.map(\.properties.subscriptionIdentifiers) == Array(repeating: hasIdentifier ? [UInt32(i + 1)] : [], count: 3))
            #expect(messages.map(\.topic.string) == (i % 3 == 2 && i % 2 == 0 ? ["topic", "", ""] : ["topic", "topic", "topic"]))
        }
    }

    @Test("A slow reader gets every byte in its order, however the network takes them, and holds up nobody")
    func slowReader() {
        var options = TestBroker.quiet
        options.limits.outputBytes = 5_000
        var broker = TestBroker(options: options)
        let slow = broker.connect("slow")
        let quick = broker.connect("quick")
        for client in [slow, quick] {
            broker.send(.subscribe("a"), from: client)
            _ = broker.received(client)
        }
        broker.block(slow)
        let payloads = (0..<200).map { String(repeating: "\($0) ", count: 1 + $0 * 7) }
        for payload in payloads { broker.send(.publish("a", payload), from: quick) }
        #expect(broker.payloads(quick) == payloads)
        var got: [String] = []
        for _ in 0..<10_000 where got.count < payloads.count {
            broker.allow(77, for: slow)
            got += broker.payloads(slow)
        }
        #expect(got == payloads)
    }
}

@Suite("Actions → bytes in the outboxes, at the bounds")
struct CarryingOutBoundsTests {
    private var options: BrokerOptions {
        var options = TestBroker.quiet
        options.limits.outputBytes = 1_000
        return options
    }

    @Test("A client that asks and never reads is ended when its answers exceed the output bound once more")
    func unreadAnswers() {
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        broker.block(client)
        broker.send(Array(repeating: .pingRequest, count: 900), from: client)
        #expect(broker.isClosed(client) == false)
        broker.send(Array(repeating: .pingRequest, count: 200), from: client)
        #expect(broker.isClosed(client) == true)
        #expect(broker.tick.census.segments == 0)
        #expect(
            broker.network.takeNotices().last == .clientDisconnected(connection: 0, clientID: Array("client".utf8), cause: .slowConsumer))
    }

    @Test("A client that reads late gets every answer, as often as it likes")
    func answersReadLate() {
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        for _ in 0..<5 {
            broker.block(client)
            broker.send(Array(repeating: .pingRequest, count: 900), from: client)
            broker.unblock(client)
            #expect(broker.received(client).count == 900)
        }
        #expect(broker.isClosed(client) == false)
    }
}
