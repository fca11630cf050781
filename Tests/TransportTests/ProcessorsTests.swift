import Testing

@testable import Transport

struct ProcessorsTests {
    private final class Seen: Sendable {
        let isPinned = Locked(false)
        let allowed = Locked<[Int]>([])
    }

    @Test("A thread on one processor may use that one only, and others all of them")
    func pin() throws {
        let before = Processors.allowed
        #expect(!before.isEmpty)
        let last = try #require(before.last)
        let seen = Seen()
        let thread = try Thread(name: "pinned") {
            let isPinned = Processors.pinThread(to: last)
            seen.isPinned.withLock { $0 = isPinned }
            seen.allowed.withLock { $0 = Processors.allowed }
        }
        thread.join()
        #expect(seen.isPinned.withLock { $0 })
        #expect(seen.allowed.withLock { $0 } == [last])
        #expect(Processors.allowed == before)
    }

    @Test("A processor that is not there is refused", arguments: [-1, 8_191, 8_192, Int.max])
    func unknown(processor: Int) { #expect(!Processors.pinThread(to: processor)) }
}
