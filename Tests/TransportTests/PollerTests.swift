import Glibc
import Primitives
import Testing

@testable import Transport

struct PollerTests {
    @Test("a wait without events ends at its deadline and not before", arguments: [1, 300_000, 2_000_001, 20_000_000])
    func deadlineIsNotEarly(nanoseconds: Int64) throws {
        let poller = try Poller()
        var events = EventBatch()
        let end = Instant(nanoseconds: Clock.system.now().nanoseconds + nanoseconds)
        poller.wait(until: end, clock: .system, into: &events)
        #expect(Clock.system.now() >= end)
        #expect(events.count == 0)
    }

    @Test("a deadline in the past only looks what is ready")
    func pastDeadline() throws {
        let pair = try Loopback()
        defer { withExtendedLifetime(pair) {} }
        let poller = try Poller()
        try poller.add(pair.server, token: 7, interest: .writable)
        var events = EventBatch()
        poller.wait(until: .zero, clock: .system, into: &events)
        #expect(events.count == 1)
    }

    @Test("events carry the token and are reported until they are dealt with")
    func levelTriggered() throws {
        let pair = try Loopback()
        defer { withExtendedLifetime(pair) {} }
        let poller = try Poller()
        try poller.add(pair.server, token: 0xFFFF_FFFF_0000_0001, interest: .readable)
        try send([1, 2], to: pair.client)
        for _ in 0..<2 {
            let event = try nextEvents(of: poller)[0]
            #expect(event.token == 0xFFFF_FFFF_0000_0001)
            #expect(event.readable)
            #expect(!event.writable)
            #expect(!event.hangup)
        }
    }

    @Test("a changed interest reports something else, under another token")
    func modify() throws {
        let pair = try Loopback()
        defer { withExtendedLifetime(pair) {} }
        let poller = try Poller()
        try poller.add(pair.server, token: 1, interest: .readable)
        try poller.modify(pair.server, token: 2, interest: [.readable, .writable])
        let event = try nextEvents(of: poller)[0]
        #expect(event.token == 2)
        #expect(event.writable)
        #expect(!event.readable)
    }

    @Test("what was removed or is watched for nothing is not reported")
    func removeAndPause() throws {
        let removed = try Loopback()
        let paused = try Loopback()
        defer { withExtendedLifetime((removed, paused)) {} }
        let poller = try Poller()
        try poller.add(removed.server, token: 1, interest: .writable)
        try poller.add(paused.server, token: 2, interest: .writable)
        poller.remove(removed.server)
        try poller.modify(paused.server, token: 2, interest: [])
        var events = EventBatch()
        poller.wait(until: .zero, clock: .system, into: &events)
        #expect(events.count == 0)
    }

    @Test("a reset is a hang-up, even for a socket watched for nothing")
    func hangup() throws {
        let pair = try Loopback()
        defer { withExtendedLifetime(pair) {} }
        let poller = try Poller()
        try poller.add(pair.server, token: 3, interest: [])
        try send([1], to: pair.server)
        try ready(pair.client, for: .readable)
        pair.close(pair.client)
        let event = try nextEvents(of: poller)[0]
        #expect(event.hangup)
        #expect(!event.readable)
    }

    @Test("a wait reports no more than its capacity, the others come with the next")
    func capacity() throws {
        let pairs = [try Loopback(), try Loopback(), try Loopback()]
        defer { withExtendedLifetime(pairs) {} }
        let poller = try Poller(capacity: 2)
        for (index, pair) in pairs.enumerated() {
            try poller.add(pair.server, token: UInt64(index), interest: .writable)
        }
        var seen: Set<UInt64> = []
        while seen.count < 3 {
            let events = try nextEvents(of: poller)
            #expect(events.count <= 2)
            for index in 0..<events.count { seen.insert(events[index].token) }
        }
    }

    @Test("watching a descriptor twice is refused with the kernel's reason")
    func addTwice() throws {
        let pair = try Loopback()
        let poller = try Poller()
        try poller.add(pair.server, token: 1, interest: .readable)
        do throws(TransportError) {
            try poller.add(pair.server, token: 2, interest: .readable)
            Issue.record("the kernel took it twice")
        } catch {
            #expect(error == .system(call: "epoll_ctl", errno: EEXIST))
        }
    }
}
