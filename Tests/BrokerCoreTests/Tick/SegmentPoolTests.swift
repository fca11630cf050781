import Primitives
import Testing

@testable import BrokerCore

@Suite("Segments")
struct SegmentPoolTests {
    @Test("One that was given back is taken again, empty", arguments: [(10, true), (10, false), (5_000, false)])
    func reuse(size: Int, prefersSmall: Bool) {
        var pool = SegmentPool()
        let first = pool.take(size, prefersSmall: prefersSmall)
        #expect(first.room >= size)
        first.pointee.end = UInt32(size)
        pool.giveBack(first)
        let again = pool.take(size, prefersSmall: prefersSmall)
        #expect(again == first)
        #expect(again.pointee.start == 0 && again.pointee.end == 0 && again.pointee.next == nil)
        pool.giveBack(again)
    }

    @Test("A request larger than a segment gets one of its own, which is not kept")
    func large() {
        var pool = SegmentPool()
        let large = pool.take(1_000_000, prefersSmall: false)
        #expect(large.room >= 1_000_000)
        pool.giveBack(large)
        let next = pool.take(100, prefersSmall: false)
        #expect(next.room < 10_000)
        pool.giveBack(next)
    }
}
