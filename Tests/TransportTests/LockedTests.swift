import Testing

@testable import Transport

struct LockedTests {
    private final class Shared: Sendable {
        let number = Locked(0)
    }

    @Test("no change is lost when two threads make them")
    func excludes() throws {
        let shared = Shared()
        let other = try Thread(name: "other") {
            for _ in 0..<10_000 { shared.number.withLock { $0 += 1 } }
        }
        for _ in 0..<10_000 { shared.number.withLock { $0 += 1 } }
        other.join()
        #expect(shared.number.withLock { $0 } == 20_000)
    }

    @Test("an error leaves it unlocked")
    func unlocksOnError() {
        let shared = Shared()
        #expect(throws: Overdue.self) {
            try shared.number.withLock { (_: inout Int) throws(Overdue) in throw Overdue() }
        }
        #expect(shared.number.withLock { $0 } == 0)
    }
}
