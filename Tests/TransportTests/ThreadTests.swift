import Glibc
import Testing

@testable import Transport

struct ThreadTests {
    private final class Seen: Sendable {
        let name = Locked("")
    }

    @Test("a thread runs under the first 15 bytes of its name, and join waits for its end")
    func runs() throws {
        let seen = Seen()
        let thread = try Thread(name: "a-name-of-more-than-15") {
            guard let file = fopen("/proc/thread-self/comm", "re") else { return }
            defer { fclose(file) }
            var name = [UInt8](repeating: 0, count: 32)
            let count = fread(&name, 1, name.count, file)
            let text = String(decoding: name.prefix(count - 1), as: UTF8.self)
            seen.name.withLock { $0 = text }
        }
        thread.join()
        #expect(seen.name.withLock { $0 } == "a-name-of-more-")
    }

    @Test("a thread nobody joins runs all the same")
    func detached() throws {
        let poller = try Poller()
        let waker = poller.waker
        _ = try Thread(name: "alone") { waker.wake() }
        try waitForWake(poller)
    }

    @Test("a stack the system cannot give is refused")
    func stackTooSmall() {
        #expect(throws: TransportError.system(call: "pthread_attr_setstacksize", errno: EINVAL)) {
            _ = try Thread(name: "tiny", stackBytes: 1) {}
        }
    }
}
