import Primitives
import Testing

@testable import Transport

struct WakerTests {
    @Test("a wake from another thread ends the wait, and again the next one")
    func wakesFromAnotherThread() throws {
        let poller = try Poller()
        for _ in 0..<100 {
            let waker = poller.waker
            let thread = try Thread(name: "waker") { waker.wake() }
            try waitForWake(poller)
            thread.join()
        }
    }

    @Test("a wake before the wait is not lost; it ends one wait only")
    func wakesBeforeWait() throws {
        let poller = try Poller()
        var events = EventBatch()
        poller.waker.wake()
        try waitForWake(poller)
        let end = Clock.system.now().advanced(byMilliseconds: 2)
        poller.wait(until: end, clock: .system, into: &events)
        #expect(Clock.system.now() >= end)
    }

    @Test("waking a poller that is gone does nothing")
    func outlivesPoller() throws {
        let waker: Waker
        do {
            let poller = try Poller()
            waker = poller.waker
        }
        let pair = try Loopback()
        waker.wake()
        #expect(receive(pair.client).result == Socket.wouldBlock)
        #expect(receive(pair.server).result == Socket.wouldBlock)
    }
}
