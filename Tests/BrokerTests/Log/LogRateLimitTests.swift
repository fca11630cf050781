import Testing

@testable import Broker

@Suite struct LogRateLimitTests {
    private let second: Int64 = 1_000_000_000

    @Test("Ten lines of an event pass in a second; the first of the next second says how many were left out")
    func flood() {
        var limit = LogRateLimit()
        let admissions = (0..<25).map { limit.admit(.messageDropped, at: 5 * second + $0) }
        #expect(admissions.filter { $0 == .write(suppressed: 0) }.count == 10)
        #expect(admissions.suffix(15).allSatisfy { $0 == .suppress })
        let later = [-1, 0, 1].map { limit.admit(.messageDropped, at: 6 * second + $0) }
        #expect(later == [.suppress, .write(suppressed: 16), .write(suppressed: 0)])
    }

    @Test("Events do not take each other's lines, and refusals are never left out")
    func separate() {
        var limit = LogRateLimit()
        for _ in 0..<20 { _ = limit.admit(.messageDropped, at: 0) }
        let others = [limit.admit(.acceptFailed, at: 0)] + (0..<100).map { _ in limit.admit(.clientRefused, at: 0) }
        #expect(others.allSatisfy { $0 == .write(suppressed: 0) })
    }

    @Test("What was left out is said when its second is over, once, although no line follows")
    func overdue() {
        var limit = LogRateLimit()
        for _ in 0..<12 { _ = limit.admit(.messageDropped, at: 0) }
        #expect(limit.hasSuppressed)
        let told = [second - 1, second, second].map { now in limit.takeOverdue(at: now).map(\.suppressed) }
        #expect(told == [[], [2], []])
        #expect(!limit.hasSuppressed)
    }

    @Test("A clock that is set back does not silence an event")
    func clockSetBack() {
        var limit = LogRateLimit()
        for _ in 0..<12 { _ = limit.admit(.messageDropped, at: 100 * second) }
        let admission = limit.admit(.messageDropped, at: 50 * second)
        #expect(admission == .write(suppressed: 2))
    }
}
