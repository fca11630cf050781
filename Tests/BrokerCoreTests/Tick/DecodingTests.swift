import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("Bytes → packets → the core")
struct DecodingTests {
    private func encoded(_ packets: [Packet], _ version: ProtocolVersion = .v5) -> [UInt8] {
        var buffer = ByteBuffer()
        for packet in packets { PacketEncoder.encode(packet, version: version, into: &buffer) }
        return Array(buffer.bytes)
    }

    private let connect = Packet.connect(ConnectPacket(version: .v5, cleanStart: true, keepAliveSeconds: 0, clientID: UTF8Text("client")))

    @Test("A stream cut in two anywhere is understood as if it had come at once")
    func everySplit() {
        let stream = encoded([
            connect, .subscribe("a/#"), .publish("a/b", "one", qos: .exactlyOnce, id: 3), .pubrel(3), .publish("a", "two"), .pingRequest,
        ])
        func answers(_ parts: [[UInt8]]) -> [Packet] {
            var broker = TestBroker()
            let client = broker.open()
            for part in parts { broker.send(bytes: part, from: client) }
            #expect(broker.tick.unfinishedBytes == 0)
            return broker.received(client).sorted { "\($0)" < "\($1)" }
        }
        let whole = answers([stream])
        #expect(whole.count == 7)
        for split in 1..<stream.count where answers([Array(stream[..<split]), Array(stream[split...])]) != whole {
            Issue.record("cut after \(split) bytes")
        }
        #expect(answers(stream.map { [$0] }) == whole, "a byte at a time")
    }

    @Test("A large packet arrives whole, in pieces of any size, with what follows it", arguments: [1_000_000, 65_536, 60_000, 7_001])
    func large(piece: Int) {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(.subscribe("a"), from: client)
        _ = broker.received(client)
        let payload = String((0..<700_000).map { Character(UnicodeScalar(UInt8(97 + $0 % 23))) })
        let stream = encoded([.publish("a", "before"), .publish("a", payload), .publish("a", "after")])
        for start in stride(from: 0, to: stream.count, by: piece) {
            broker.send(bytes: Array(stream[start..<min(start + piece, stream.count)]), from: client)
        }
        #expect(broker.payloads(client) == ["before", payload, "after"])
        #expect(broker.tick.unfinishedBytes == 0)
    }

    @Test("What is announced costs nothing until it comes, and counts towards the bound of all")
    func bounds() {
        var options = TestBroker.quiet
        options.limits.unfinishedPacketBytes = 300_000
        var broker = TestBroker(options: options)
        let first = broker.connect("first")
        let second = broker.connect("second")
        let large = encoded([.publish("a", String(repeating: "x", count: 1_000_000))])
        broker.send(bytes: Array(large.prefix(10)), from: first)
        #expect(broker.tick.unfinishedBytes == 10)
        broker.send(bytes: Array(large[10..<200_000]), from: first)
        #expect(broker.isClosed(first) == false)
        broker.send(bytes: Array(large.prefix(200_000)), from: second)
        #expect(broker.isClosed(second) == true)
        #expect(broker.received(second) == [.disconnect(.quotaExceeded)])
        broker.send(bytes: Array(large[200_000...]), from: first)
        #expect(broker.isClosed(first) == true, "alone it asks for too much as well")
        #expect(broker.tick.unfinishedBytes == 0)
    }

    @Test("A packet above the maximum is refused when its header has come [MQTT-3.2.2-15]")
    func tooLarge() {
        var options = TestBroker.quiet
        options.limits.packetBytes = 100
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        broker.send(.publish("a", String(repeating: "x", count: 94)), from: client)
        #expect(broker.isClosed(client) == false)
        broker.send(bytes: [0x30, 0x7F], from: client)
        #expect(broker.received(client) == [.disconnect(.packetTooLarge)])
        #expect(broker.isClosed(client) == true)
    }

    @Test("A first byte that begins no CONNECT closes at once")
    func notConnect() {
        var broker = TestBroker()
        let client = broker.open()
        broker.send(bytes: [0x47], from: client)
        #expect(broker.isClosed(client) == true)
        #expect(broker.bytes(for: client) == [])
    }

    @Test("A second CONNECT is a Protocol Error, well-formed or not [MQTT-3.1.0-2]")
    func secondConnect() {
        for bytes in [encoded([connect]), [0x10, 0x0A, 0, 4, 0x4D, 0x51, 0x54, 0x54, 9, 2, 0, 0]] {
            var broker = TestBroker()
            let client = broker.connect("client")
            broker.send(bytes: bytes, from: client)
            #expect(broker.received(client) == [.disconnect(.protocolError)])
            #expect(broker.isClosed(client) == true)
        }
    }

    @Test("What came before a malformed packet in the same bytes is done")
    func beforeTheError() {
        var broker = TestBroker()
        let client = broker.connect("client")
        broker.send(bytes: encoded([.publish("a", qos: .atLeastOnce, id: 4)]) + [0xF1, 0], from: client)
        #expect(broker.received(client) == [.puback(4, .noMatchingSubscribers), .disconnect(.malformedPacket)])
    }
}
