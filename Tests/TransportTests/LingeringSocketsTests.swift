import Primitives
import Testing

@testable import Transport

struct LingeringSocketsTests {
    private static let last: [UInt8] = [0xE0, 2, 0x95, 0]

    @Test("the last packet arrives although the peer's bytes were not read")
    func lastPacketArrives() throws {
        let pair = try Loopback()
        let poller = try Poller()
        var lingering = LingeringSockets(firstToken: 1_000)
        try send([UInt8](repeating: 0, count: 100_000), to: pair.client)
        try send(Self.last, to: pair.server)

        pair.giveAway(pair.server)
        lingering.add(pair.server, deadline: deadline(), poller: poller)
        try send([UInt8](repeating: 0, count: 100_000), to: pair.client)
        try handleNext(&lingering, poller)
        let (bytes, end) = try receiveAll(pair.client)
        #expect(bytes == Self.last)
        #expect(end == Socket.endOfStream)

        pair.close(pair.client)
        while lingering.count > 0 { try handleNext(&lingering, poller) }
    }

    @Test("a peer that never ends is closed at its deadline, not before")
    func deadlineCloses() throws {
        let pair = try Loopback()
        defer { withExtendedLifetime(pair) {} }
        let poller = try Poller()
        var lingering = LingeringSockets(firstToken: 0)
        pair.giveAway(pair.server)
        lingering.add(pair.server, deadline: Instant(nanoseconds: 1_000), poller: poller)
        #expect(lingering.nextDeadline == Instant(nanoseconds: 1_000))
        lingering.advance(to: Instant(nanoseconds: 999))
        let before = lingering.count
        #expect(before == 1)
        lingering.advance(to: Instant(nanoseconds: 1_000))
        let after = lingering.count
        #expect(after == 0)
        #expect(lingering.nextDeadline == nil)
    }

    @Test("a peer that goes on sending is closed at the bound of bytes")
    func byteBound() throws {
        let pair = try Loopback()
        defer { withExtendedLifetime(pair) {} }
        let poller = try Poller()
        var lingering = LingeringSockets(firstToken: 0, maximumBytes: 10)
        try send([UInt8](repeating: 0, count: 11), to: pair.client)
        pair.giveAway(pair.server)
        lingering.add(pair.server, deadline: deadline(), poller: poller)
        while lingering.count > 0 { try handleNext(&lingering, poller) }
        let (_, end) = try receiveAll(pair.client)
        #expect(end != Socket.wouldBlock)
    }

    @Test("above the bound in number a socket is closed at once")
    func countBound() throws {
        let first = try Loopback()
        let second = try Loopback()
        defer { withExtendedLifetime((first, second)) {} }
        let poller = try Poller()
        var lingering = LingeringSockets(firstToken: 0, maximumCount: 1)
        try send([1], to: second.client)
        try ready(second.server, for: .readable)
        first.giveAway(first.server)
        lingering.add(first.server, deadline: deadline(), poller: poller)
        second.giveAway(second.server)
        lingering.add(second.server, deadline: deadline(), poller: poller)
        let count = lingering.count
        #expect(count == 1)
        try ready(second.client, for: [])
    }

    @Test("it knows its tokens; a stale event does no harm")
    func tokens() throws {
        let pair = try Loopback()
        defer { withExtendedLifetime(pair) {} }
        let poller = try Poller()
        var lingering = LingeringSockets(firstToken: 50, maximumCount: 2)
        let owned = (49...52).map { lingering.owns($0) }
        #expect(owned == [false, true, true, false])
        pair.giveAway(pair.server)
        lingering.add(pair.server, deadline: .zero, poller: poller)
        pair.close(pair.client)
        let event = try nextEvents(of: poller)[0]
        lingering.advance(to: .zero)
        lingering.handle(event)
        let count = lingering.count
        #expect(count == 0)
    }

    private func handleNext(_ lingering: inout LingeringSockets, _ poller: borrowing Poller) throws {
        let events = try nextEvents(of: poller)
        for index in 0..<events.count where lingering.owns(events[index].token) { lingering.handle(events[index]) }
    }
}
