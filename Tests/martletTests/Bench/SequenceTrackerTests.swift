import Testing

@testable import martlet

@Suite("Sequence tracker")
struct SequenceTrackerTests {
    @Test("One after the other is in order, and a gap is a loss and no disorder")
    func order() {
        var tracker = SequenceTracker()
        #expect([0, 1, 2, 7, 8].map { tracker.note($0) } == Array(repeating: .inOrder, count: 5))
    }

    @Test("What fills a gap is late, once; what came before is a duplicate")
    func lateAndDuplicate() {
        var tracker = SequenceTracker()
        let arrivals = [0, 5, 3, 3, 5, 0, 1, 4, 2, 2, 6].map { tracker.note($0) }
        #expect(
            arrivals == [
                .inOrder, .inOrder, .late, .duplicate, .duplicate, .duplicate, .late, .late, .late, .duplicate, .inOrder,
            ])
    }

    @Test("A whole batch that comes again after a reconnection counts as duplicates")
    func again() {
        var tracker = SequenceTracker()
        for number in UInt32(0)..<100 { _ = tracker.note(number) }
        #expect((UInt32(50)..<100).allSatisfy { tracker.note($0) == .duplicate })
        #expect(tracker.note(100) == .inOrder)
    }

    @Test("Memory is bounded: only so many gaps are remembered, the newest ones")
    func bound() {
        var tracker = SequenceTracker()
        let odd = stride(from: UInt32(1), through: UInt32(2 * SequenceTracker.rememberedGaps + 1), by: 2)
        for number in odd { _ = tracker.note(number) }
        #expect(tracker.note(0) == .duplicate)
        #expect(tracker.note(2) == .late)
    }
}
