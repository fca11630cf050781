import MQTTCodec
import Primitives
import Testing

@testable import BrokerRecords

@Suite("A message on disk")
struct MessageRecordTests {
    /// A message with these claims, as bytes.
    static func bytes(_ head: MessageHead, claims: (inout ByteBuffer) -> Void, content: [UInt8]) -> [UInt8] {
        var claimBytes = ByteBuffer()
        claims(&claimBytes)
        var bytes = [UInt8](repeating: 0, count: MessageHead.bytes)
        bytes.withUnsafeMutableBytes { if let place = $0.baseAddress { head.write(to: place) } }
        return bytes + Array(claimBytes.bytes) + content
    }

    static let head = MessageHead(
        qos: .exactlyOnce, retain: true, claimCount: 3, topicLength: 3, propertiesLength: 2, payloadLength: 4, expires: .max, arrived: 7)

    /// Topic, a Payload Format Indicator, payload.
    static let content = Array("a/b".utf8) + [0x01, 0x01] + Array("data".utf8)

    @Test("gives back its head, its claims and its parts")
    func roundTrip() throws {
        let claims = [
            Claim(session: 1 << 40, packetID: 9, qos: .atLeastOnce, retain: false, identifiers: [0x0B, 5]),
            Claim(session: 3, packetID: 0, qos: .exactlyOnce, retain: true),
            // Of thirty thousand subscriptions that match.
            Claim(
                session: 4, packetID: 1, qos: .exactlyOnce, retain: true,
                identifiers: Array(repeatElement([0x0B, 0xFF, 0x7F], count: 30_000).joined())),
        ]
        let bytes = Self.bytes(Self.head, claims: { for claim in claims { claim.append(to: &$0) } }, content: Self.content)
        try bytes.withUnsafeBytes {
            let record = try #require(MessageRecord($0))
            #expect(record.head == Self.head)
            var seen: [Claim] = []
            #expect(record.forEachClaim { seen.append($0.claim) })
            #expect(seen == claims)
            #expect(record.topic.elementsEqual("a/b".utf8))
            #expect(record.properties.elementsEqual([0x01, 0x01]))
            #expect(record.payload.elementsEqual("data".utf8))
        }
    }

    @Test("with a topic or properties that no client could read is none", arguments: [0x00, 0x23, 0x2B, 0xFF] as [UInt8])
    func unsendable(byte: UInt8) {
        for place in 0...4 where place != 4 || byte > 0 {
            var bytes = Self.bytes(Self.head, claims: { _ in }, content: Self.content)
            bytes[MessageHead.bytes + place] = byte
            bytes.withUnsafeBytes { #expect(MessageRecord($0) == nil, "\(place)") }
        }
    }

    @Test("of a Shared Subscription names it")
    func shared() throws {
        var head = Self.head
        head.isShared = true
        head.claimCount = 1
        let name = Array("group".utf8)
        let filter = Array("a/#".utf8)
        let bytes = Self.bytes(
            head,
            claims: { buffer in
                name.withUnsafeBytes { name in filter.withUnsafeBytes { Claim.appendShared(name: name, filter: $0, to: &buffer) } }
            },
            content: Self.content)
        try bytes.withUnsafeBytes {
            let record = try #require(MessageRecord($0))
            let claim = try #require(record.sharedClaim)
            #expect(claim.name.elementsEqual(name))
            #expect(claim.filter.elementsEqual(filter))
        }
    }

    @Test("cut short at any byte is no message, or one with claims that are none")
    func truncated() {
        let claim = Claim(session: 3, packetID: 1, qos: .atLeastOnce, retain: false, identifiers: [0x0B, 5])
        var head = Self.head
        head.claimCount = 1
        let bytes = Self.bytes(head, claims: { claim.append(to: &$0) }, content: Self.content)
        for count in 0..<bytes.count {
            bytes.withUnsafeBytes {
                let record = MessageRecord(UnsafeRawBufferPointer(rebasing: $0[..<count]))
                #expect(record?.forEachClaim { _ in } != true)
            }
        }
    }
}
