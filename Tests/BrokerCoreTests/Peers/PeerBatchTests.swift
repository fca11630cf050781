import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("A batch for another shard")
struct PeerBatchTests {
    @Test("Messages and their bytes grow towards each other until there is no room")
    func room() {
        let batch = PeerBatch(from: 3, byteCount: 0)
        var told = 0
        while batch.hasRoom(100) {
            let start = batch.reserve(100)
            for i in 0..<100 { start.storeBytes(of: UInt8(told & 0xFF), toByteOffset: i, as: UInt8.self) }
            batch.append(.interest(filter: UnsafeRawBufferPointer(start: start, count: 100), isWanted: true))
            told += 1
        }
        #expect(batch.sender == 3 && batch.count == told && told > 50)
        for i in 0..<told {
            guard case .interest(let filter, _) = batch[i] else { continue }
            #expect(filter.allSatisfy { $0 == UInt8(i & 0xFF) })
        }
        batch.deallocate()
    }

    @Test("A large message gets a batch as large as it needs")
    func large() {
        let batch = PeerBatch(from: 0, byteCount: 100_000)
        #expect(batch.hasRoom(100_000) && batch.weight >= 100_000)
        batch.deallocate()
    }

    @Test("It weighs the memory it takes, however little is in it, and what it shares")
    func weight() {
        let batch = PeerBatch(from: 0, byteCount: 0)
        batch.append(.confirmed(1))
        #expect(batch.weight >= PeerBatch.ordinarySize)
        let before = batch.weight
        batch.append(.confirmed(2), sharing: 5_000)
        #expect(batch.weight == before + 5_000)
        batch.deallocate()
    }

    @Test("Nobody reads it: what it shares is let go of, connections are closed")
    func discard() {
        let body = SharedBytes(count: 10)
        var table = MessageTable()
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        let slot = table.borrow(topic: empty, properties: empty, payload: empty, qos: .atMostOnce, retain: false, expires: .never)
        var message = table[slot]
        message.body = body
        let batch = PeerBatch(from: 0, byteCount: 0)
        let stamp = batch.store(RetainedCrossing(sequence: 0, stamp: RetainedStamp()))
        let giving = batch.store(Giving(membership: Membership(slot: 0, generation: 0), group: 0, groupGeneration: 0, place: 0))
        let sharing: [PeerMessage] = [
            .publish(message, sequence: 0), .retained(message, stamp), .give(message, giving), .giveBack(message, giving),
        ]
        for shared in sharing {
            body.retain()
            batch.append(shared, sharing: 10)
        }
        batch.append(.connection(name: 42, listener: 0, bytes: empty))
        var closed: [Int32] = []
        batch.discard { closed.append($0) }
        #expect(closed == [42])
        #expect(body.isLastUse)
        body.release()
    }
}
