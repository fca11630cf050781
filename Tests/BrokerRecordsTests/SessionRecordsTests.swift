import Primitives
import Testing

@testable import BrokerRecords

@Suite("Records of a Session on disk")
struct SessionRecordsTests {
    private static func bytes(_ append: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        append(&buffer)
        return Array(buffer.bytes)
    }

    @Test("come back as they were")
    func roundTrip() {
        let session = SessionRecord(expirySeconds: .max, disconnectedAt: 1_700_000_000_000_000_000, clientID: Array("kitchen".utf8))
        Self.bytes { session.append(to: &$0) }.withUnsafeBytes { #expect(SessionRecord($0) == session) }
        let subscription = SubscriptionRecord(
            session: 12, identifier: 268_435_455, maximumQoS: .exactlyOnce, noLocal: true, retainAsPublished: false,
            filter: Array("$share/g/a/+".utf8))
        Self.bytes { subscription.append(to: &$0) }.withUnsafeBytes { #expect(SubscriptionRecord($0) == subscription) }
        let exchange = ExchangeRecord(message: 1 << 50, isReleased: true, qos: .exactlyOnce, retain: true, identifiers: [0x0B, 1])
        Self.bytes { exchange.append(to: &$0) }.withUnsafeBytes { #expect(ExchangeRecord($0) == exchange) }
        let placement = PlacementRecord(hashSeed: 0xFEDC_BA98_7654_3210, shards: 3)
        Self.bytes { placement.append(to: &$0) }.withUnsafeBytes { #expect(PlacementRecord($0) == placement) }
    }

    @Test("cut short are none")
    func truncated() {
        for count in 0..<9 {
            [UInt8](repeating: 0, count: count).withUnsafeBytes {
                #expect(SessionRecord($0) == nil)
                #expect(SubscriptionRecord($0) == nil)
                #expect(ExchangeRecord($0) == nil || count == 9)
                #expect(PlacementRecord($0) == nil)
            }
        }
    }

    @Test("stand under keys in the order of their numbers")
    func keys() {
        #expect(RecordKey.settled(1, 2).lexicographicallyPrecedes(RecordKey.settled(256, 1)))
        RecordKey.settled(5, 6).withUnsafeBytes { #expect(RecordKey.pair($0).map { [$0.0, $0.1] } == [5, 6]) }
        RecordKey.exchange(5, 0x102).withUnsafeBytes {
            #expect(RecordKey.exchange($0)?.session == 5)
            #expect(RecordKey.exchange($0)?.packetID == 0x102)
        }
        RecordKey.unconfirmed(9, shard: 63).withUnsafeBytes {
            #expect(RecordKey.unconfirmed($0)?.message == 9)
            #expect(RecordKey.unconfirmed($0)?.shard == 63)
        }
    }
}
