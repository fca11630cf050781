import Primitives
import Testing

@testable import BrokerCore

@Suite("What waits to be written")
struct OutboxTests {
    @Test("Copied and shared bytes, written in pieces of any size, are a flat stream, acknowledgements of a tick first", arguments: 1...10)
    func againstAFlatModel(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var pool = SegmentPool()
        var outbox = Outbox()
        var pending: [UInt8] = []
        var acknowledgements: [UInt8] = []
        var messages: [UInt8] = []
        var next: UInt8 = 0
        func fill(_ place: UnsafeMutableRawPointer, _ size: Int) -> [UInt8] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) &+ next }
            place.copyMemory(from: bytes, byteCount: size)
            next &+= 31
            return bytes
        }
        for _ in 0..<500 {
            let size = Bool.random(using: &random) ? Int.random(in: 1...40, using: &random) : Int.random(in: 1...12_000, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: acknowledgements += fill(outbox.acknowledgement(size, &pool), size)
            case 1, 2: messages += fill(outbox.message(size, &pool), size)
            case 3:
                let header = Int.random(in: 1...30, using: &random)
                let shared = SharedBytes(count: size)
                let body = fill(shared.mutableBytes, size)
                messages += fill(outbox.message(header, sharing: shared, shared.bytes, size, &pool), header) + body
                shared.release()
            default:
                pending += acknowledgements + messages
                acknowledgements = []
                messages = []
                var slices: [OutputSlice] = []
                outbox.slices(into: &slices, limit: 8)
                let flat = slices.flatMap { Array(UnsafeRawBufferPointer(start: $0.base, count: $0.count)) }
                if !pending.starts(with: flat) || (flat.isEmpty && !pending.isEmpty) {
                    Issue.record("other bytes than were put in")
                    return
                }
                let taken = Int.random(in: 0...flat.count, using: &random)
                outbox.drop(taken, &pool)
                pending.removeFirst(taken)
            }
            if outbox.count != pending.count + acknowledgements.count + messages.count {
                Issue.record("miscounted")
                return
            }
        }
        outbox.deallocate(&pool)
        #expect(outbox.isEmpty)
    }
}
