import Testing

@testable import martlet

@Suite("The thread that keeps the schedule")
struct PacingThreadTests {
    @Test("Tasks run on it, and go on there after they have waited for others")
    func runs() async throws {
        let thread = try PacingThread()
        let sum = await withTaskExecutorPreference(thread) {
            let first = await Task.detached { 20 }.value
            await Task.yield()
            return first + 22
        }
        thread.end()
        #expect(sum == 42)
    }

    @Test("Blocked until a moment, it is there at that moment and not before")
    func blocks() async throws {
        let thread = try PacingThread()
        let (due, woken) = await withTaskExecutorPreference(thread) {
            let due = MonotonicClock.now() + 5_000_000
            MonotonicClock.block(until: due)
            return (due, MonotonicClock.now())
        }
        thread.end()
        #expect(woken >= due)
    }
}
