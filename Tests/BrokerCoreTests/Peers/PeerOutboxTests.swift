import MQTTCodec
import Primitives
import Testing

@testable import BrokerCore

@Suite("What is to be told to the other shards")
struct PeerOutboxTests {
    private func message(_ table: inout MessageTable, payload: Int) -> UInt32 {
        let bytes = [UInt8](repeating: 7, count: payload)
        return bytes.withUnsafeBytes { payload in
            "topic".withBytes { topic in
                let slot = table.borrow(
                    topic: topic, properties: UnsafeRawBufferPointer(start: nil, count: 0), payload: payload, qos: .atMostOnce,
                    retain: false, expires: .never)
                table.own(slot)
                return slot
            }
        }
    }

    @Test("Everything for one shard is in one batch, in order; the others are not troubled")
    func batches() {
        var outbox = PeerOutbox(ShardPlace.all(count: 3, hashSeed: 1)[0], laneBytes: 1_000_000)
        outbox.tell(2, .confirmed(1))
        outbox.tell(2, .refused(2))
        #expect(Array(outbox.touched) == [2])
        let batches = outbox.takeBatches(for: 2, clock: 99)
        #expect(batches.count == 1 && batches[0].count == 2 && batches[0].clock == 99 && batches[0].sender == 0)
        guard case .confirmed(1) = batches[0][0], case .refused(2) = batches[0][1] else {
            Issue.record("not what was told")
            return
        }
        #expect(outbox.touched.isEmpty && outbox.takeBatches(for: 2, clock: 0).isEmpty)
        for batch in batches { batch.deallocate() }
    }

    @Test("A full batch is followed by another")
    func overflow() {
        var outbox = PeerOutbox(ShardPlace.all(count: 2, hashSeed: 1)[0], laneBytes: 1_000_000)
        for i in 0..<1_000 as Range<UInt64> { outbox.tell(1, .confirmed(i)) }
        let batches = outbox.takeBatches(for: 1, clock: 0)
        #expect(batches.count > 1)
        var sequences: [UInt64] = []
        for batch in batches {
            for i in 0..<batch.count { if case .confirmed(let sequence) = batch[i] { sequences.append(sequence) } }
            batch.deallocate()
        }
        #expect(sequences == Array(0..<1_000))
    }

    @Test("A small message is copied, a large one is shared with every shard that gets it")
    func sharing() {
        var table = MessageTable()
        var outbox = PeerOutbox(ShardPlace.all(count: 3, hashSeed: 1)[0], laneBytes: 1_000_000)
        for (payload, isShared) in [(10, false), (100_000, true)] {
            let slot = message(&table, payload: payload)
            let original = table[slot]
            for shard in 1...2 { outbox.publish(original, sequence: 0, to: shard) }
            for shard in 1...2 { outbox.retained(original, RetainedCrossing(sequence: 0, stamp: RetainedStamp()), to: shard) }
            for shard in 1...2 {
                var memory = 0
                for batch in outbox.takeBatches(for: shard, clock: 0) {
                    guard case .publish(let crossed, _) = batch[0] else { continue }
                    #expect((crossed.body != nil) == isShared)
                    #expect((crossed.payload == original.payload) == isShared)
                    #expect(crossed.payloadBytes.elementsEqual(original.payloadBytes))
                    #expect(batch.count == 2)
                    memory += batch.weight
                    batch.discard { _ in }
                }
                #expect(memory < PeerBatch.ordinarySize + 2 * original.size + 1, "nothing is copied besides")
            }
            #expect(original.body?.isLastUse == true)
            table.release(slot)
        }
    }

    @Test("A lane is crowded when more than its bound has not been posted, and for who goes on telling a full one")
    func crowded() {
        var outbox = PeerOutbox(ShardPlace.all(count: 3, hashSeed: 1)[0], laneBytes: 500)
        "a".withBytes { filter in outbox.tell(1, copying: filter) { .interest(filter: $0, isWanted: true) } }
        #expect(outbox.full.isEmpty && outbox.crowded.isEmpty)
        for _ in 0..<10 { outbox.tell(1, .confirmed(1)) }
        #expect(Array(outbox.full) == [1] && Array(outbox.crowded) == [1])
        outbox.crowded = PeerSet()
        outbox.tell(2, .confirmed(1))
        #expect(outbox.crowded.isEmpty)
        outbox.tell(1, .confirmed(1))
        #expect(Array(outbox.crowded) == [1])
    }
}
