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

    @Test("A shared listener is watched by several pollers; it is added anew instead of changed")
    func sharedListener() throws {
        let listener = try Listener(on: SocketAddress(ipv4: 0x7F00_0001, port: 0))
        let first = try Poller()
        let second = try Poller()
        try first.addShared(listener.descriptor, token: 5)
        try second.addShared(listener.descriptor, token: 6)
        // The kernel changes only what every poller is told of.
        #expect(throws: TransportError.system(call: "epoll_ctl", errno: EINVAL)) {
            try first.modify(listener.descriptor, token: 5, interest: [])
        }
        let client = try Socket.connect(to: listener.localAddress)
        defer { Socket.close(client) }
        first.remove(listener.descriptor)
        let other = try nextEvents(of: second)[0]
        #expect(other.token == 6 && other.readable)
        try first.addShared(listener.descriptor, token: 7)
        let again = try nextEvents(of: first)[0]
        #expect(again.token == 7 && again.readable)
    }

    @Test("A connection ends the wait of one poller of those that share its listener")
    func oneIsTold() throws {
        let listener = try Listener(on: SocketAddress(ipv4: 0x7F00_0001, port: 0))
        let told = Told()
        let wakers = [try Waker(), try Waker(), try Waker()]
        for number in 0..<3 {
            let descriptor = listener.descriptor
            _ = try Thread(name: "waiting") {
                do {
                    let poller = try Poller(waker: wakers[number])
                    try poller.addShared(descriptor, token: 1)
                    told.thread(number)
                    var events = EventBatch()
                    poller.wait(until: deadline(), clock: .system, into: &events)
                    told.note(events.count)
                } catch { Issue.record(error) }
            }
        }
        try told.waitUntilAllSleep(3)
        let client = try Socket.connect(to: listener.localAddress)
        defer { Socket.close(client) }
        try told.wait { !$0.isEmpty }
        for waker in wakers { waker.wake() }
        try told.wait { $0.count == 3 }
        #expect(told.counts.sorted() == [0, 0, 1])
    }
}

/// Threads that wait, and what they were told.
private final class Told: Sendable {
    private let events = Locked<[Int]>([])
    private let threads = Locked<[Int: String]>([:])

    var counts: [Int] { events.withLock { $0 } }

    func note(_ count: Int) { events.withLock { $0.append(count) } }

    /// Names the calling thread.
    func thread(_ number: Int) {
        var path = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/thread-self", &path, path.count)
        let name = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        threads.withLock { $0[number] = name }
    }

    func wait(until isDone: ([Int]) -> Bool) throws {
        let end = deadline()
        while !isDone(counts) {
            guard Clock.system.now() < end else { throw Overdue() }
            sched_yield()
        }
    }

    /// As the kernel sees them.
    func waitUntilAllSleep(_ count: Int) throws {
        let end = deadline()
        while true {
            let names = threads.withLock { Array($0.values) }
            if names.count == count, names.allSatisfy(Self.isAsleep) { return }
            guard Clock.system.now() < end else { throw Overdue() }
            sched_yield()
        }
    }

    private static func isAsleep(_ thread: String) -> Bool {
        guard let file = fopen("/proc/\(thread)/stat", "re") else { return false }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = fread(&bytes, 1, bytes.count, file)
        let fields = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: ")").last?.split(separator: " ")
        return fields?.first == "S"
    }
}
