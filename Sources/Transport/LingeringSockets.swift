import Primitives

/// Sockets we closed for writing and whose input we throw away until the peer is done.
///
/// Closing a socket with unread input is a reset, and a reset may destroy what was sent last: the packet that
/// says why. Bounded in number, time and bytes; above a bound the socket is closed at once.
public struct LingeringSockets: ~Copyable {
    private var sockets = SlotTable<LingeringSocket>()
    private let firstToken: UInt64
    private let maximumCount: Int
    private let maximumBytes: Int

    private struct LingeringSocket: BitwiseCopyable {
        let descriptor: Int32
        let deadline: Instant
        var bytesLeft: Int
    }

    /// Uses the poller's tokens from `firstToken` on, `maximumCount` of them; each socket may send `maximumBytes`.
    public init(firstToken: UInt64, maximumCount: Int = 1_024, maximumBytes: Int = 1_048_576) {
        self.firstToken = firstToken
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    deinit {
        for slot in 0..<sockets.end where sockets.isUsed(slot) {
            Socket.close(sockets[slot].descriptor)
        }
    }

    public var count: Int { sockets.count }

    /// The next moment at which `advance` has something to do.
    public var nextDeadline: Instant? {
        guard sockets.count > 0 else { return nil }
        var next = Instant.never
        for slot in 0..<sockets.end where sockets.isUsed(slot) {
            next = min(next, sockets[slot].deadline)
        }
        return next
    }

    /// true for a token of a socket that is, or was, in here.
    public func owns(_ token: UInt64) -> Bool {
        token >= firstToken && token - firstToken < UInt64(maximumCount)
    }

    /// Ends our half of the connection and takes over the descriptor, which `poller` must not be watching.
    /// It is closed at `deadline` at the latest.
    public mutating func add(_ descriptor: Int32, deadline: Instant, poller: borrowing Poller) {
        Socket.shutdownWriting(descriptor)
        guard sockets.count < maximumCount else { return Socket.close(descriptor) }
        let slot = sockets.insert(
            LingeringSocket(descriptor: descriptor, deadline: deadline, bytesLeft: maximumBytes))
        do throws(TransportError) {
            try poller.add(descriptor, token: firstToken + UInt64(slot), interest: .readable)
        } catch {
            close(slot)
        }
    }

    /// Throws away what came for one of these sockets and closes it at its end. A stale event does no harm.
    public mutating func handle(_ event: PollEvent) {
        let slot = UInt32(event.token - firstToken)
        guard sockets.isUsed(slot) else { return }
        let count = Socket.discard(sockets[slot].descriptor, limit: sockets[slot].bytesLeft)
        if count == Socket.wouldBlock { return }
        if count > 0 { sockets[slot].bytesLeft -= count }
        if count <= 0 || sockets[slot].bytesLeft == 0 { close(slot) }
    }

    /// Closes the sockets whose time is up.
    public mutating func advance(to now: Instant) {
        guard sockets.count > 0 else { return }
        for slot in 0..<sockets.end where sockets.isUsed(slot) && sockets[slot].deadline <= now {
            close(slot)
        }
    }

    private mutating func close(_ slot: UInt32) {
        Socket.close(sockets[slot].descriptor)
        sockets.remove(slot)
    }
}
