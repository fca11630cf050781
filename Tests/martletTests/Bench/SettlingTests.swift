import Synchronization
import Testing

@testable import martlet

@Suite("Waiting for what is on its way")
struct SettlingTests {
    @Test("It ends when the goal is reached")
    func goal() async {
        let steps = Mutex(0)
        let isReached = await Settling.wait(for: 5, limit: .seconds(600)) {
            steps.withLock {
                $0 += 1; return $0
            }
        }
        #expect(isReached)
    }

    @Test("It ends when nothing goes on any more")
    func idle() async {
        #expect(await !Settling.wait(for: 1, idle: .milliseconds(30)) { 0 })
    }

    @Test("It ends when the time is over, though something still goes on")
    func limit() async {
        let steps = Mutex(0)
        let isReached = await Settling.wait(for: .max, limit: .milliseconds(50)) {
            steps.withLock {
                $0 += 1; return $0
            }
        }
        #expect(!isReached)
    }

    @Test("It goes on as long as something else does")
    func activity() async {
        let steps = Mutex(0)
        let isReached = await Settling.wait(
            for: 10, idle: .milliseconds(30), limit: .seconds(600),
            activity: {
                steps.withLock {
                    $0 += 1; return $0
                }
            }
        ) {
            steps.withLock { $0 >= 20 ? 10 : 0 }
        }
        #expect(isReached)
    }
}
