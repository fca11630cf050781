import CLinux
import Glibc
import Primitives

/// Tells which descriptors are ready; level-triggered, one for each loop.
public struct Poller: ~Copyable {
    private let epoll: Int32
    private let ready: UnsafeMutableBufferPointer<epoll_event>
    /// Ends a wait from any thread.
    public let waker: Waker

    private let alarm: Alarm

    /// Reserved for the waker, and for the alarm.
    private static let wakerToken = UInt64.max
    private static let alarmToken = UInt64.max - 1

    /// - Parameters:
    ///   - capacity: how many events one wait reports at most; the others come with the next one
    ///   - waker: one that others know already, and no other poller has; nil: a new one
    public init(capacity: Int = 1_024, waker known: Waker? = nil) throws(TransportError) {
        precondition(capacity > 0, "a poller reports at least one event")
        let waker = if let known { known } else { try Waker() }
        let alarm = try Alarm()
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
        // Edge-triggered, so that nobody has to read the counter away: each wake is one edge.
        let edge = EPOLLIN.rawValue | EPOLLET.rawValue
        do throws(TransportError) {
            try Self.control(epoll, EPOLL_CTL_ADD, waker.event.descriptor, Self.wakerToken, edge)
            try Self.control(epoll, EPOLL_CTL_ADD, alarm.descriptor, Self.alarmToken, edge)
        } catch {
            close(epoll)
            throw error
        }
        self.epoll = epoll
        self.waker = waker
        self.alarm = alarm
        ready = .allocate(capacity: capacity)
    }

    deinit {
        close(epoll)
        ready.deallocate()
    }

    /// Watches a descriptor; `token` comes back with its events and may be anything but the two highest numbers.
    ///
    /// With an empty interest only a hang-up is reported.
    public func add(_ descriptor: Int32, token: UInt64, interest: Interest) throws(TransportError) {
        precondition(token < Self.alarmToken, "this token is reserved")
        try Self.control(epoll, EPOLL_CTL_ADD, descriptor, token, interest.rawValue)
    }

    /// Watches a listener that several pollers watch: of those that wait, one is told of a connection and not all.
    ///
    /// It cannot be modified, only removed and added again.
    public func addShared(_ listener: Int32, token: UInt64) throws(TransportError) {
        precondition(token < Self.alarmToken, "this token is reserved")
        try Self.control(epoll, EPOLL_CTL_ADD, listener, token, EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue)
    }

    /// Changes token and interest of a watched descriptor.
    public func modify(_ descriptor: Int32, token: UInt64, interest: Interest) throws(TransportError) {
        precondition(token < Self.alarmToken, "this token is reserved")
        try Self.control(epoll, EPOLL_CTL_MOD, descriptor, token, interest.rawValue)
    }

    /// Stops watching; not needed before `Socket.close`. Events already in a batch stay there.
    public func remove(_ descriptor: Int32) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    /// Waits until something is ready, somebody wakes, or `deadline` has come (nil: no deadline), and fills `events`.
    ///
    /// May return early with nothing, after a wake or a signal; never because `deadline` is near.
    public func wait(until deadline: Instant?, clock: Clock, into events: inout EventBatch) {
        switch clock {
        case .system:
            if let deadline, deadline > .zero, deadline < .never { alarm.set(to: deadline) }
            wait(nanoseconds: deadline.map { $0 <= .zero } == true ? 0 : -1, into: &events)
        case .manual(let time):
            // First stand among those to be woken, then look at the time: an advance in between is not missed.
            time.startWaiting(waker)
            let isDue = deadline.map { $0 <= time.now } ?? false
            wait(nanoseconds: isDue ? 0 : -1, into: &events)
            time.stopWaiting(waker)
        }
    }

    private func wait(nanoseconds: Int64, into events: inout EventBatch) {
        events.removeAll()
        let count = clinux_epoll_wait(epoll, ready.baseAddress, Int32(ready.count), nanoseconds)
        guard count > 0 else {
            precondition(count == 0 || errno == EINTR, "waiting failed on a descriptor of ours")
            return
        }
        for event in ready[..<Int(count)] {
            switch event.data.u64 {
            case Self.wakerToken: break
            case Self.alarmToken: alarm.rang()
            default: events.append(PollEvent(token: event.data.u64, flags: event.events))
            }
        }
    }

    private static func control(
        _ epoll: Int32, _ operation: Int32, _ descriptor: Int32, _ token: UInt64, _ flags: UInt32
    ) throws(TransportError) {
        var event = epoll_event(events: flags, data: epoll_data_t(u64: token))
        guard epoll_ctl(epoll, operation, descriptor, &event) == 0 else {
            throw .system(call: "epoll_ctl", errno: errno)
        }
    }
}

/// What a descriptor is watched for.
public struct Interest: OptionSet, BitwiseCopyable, Sendable {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    // The values of EPOLLIN and EPOLLOUT, part of the kernel's interface.
    public static let readable = Interest(rawValue: 0x1)
    public static let writable = Interest(rawValue: 0x4)
}

/// What one descriptor is ready for.
public struct PollEvent: BitwiseCopyable, Sendable {
    public let token: UInt64
    @usableFromInline let flags: UInt32

    @inlinable init(token: UInt64, flags: UInt32) {
        self.token = token
        self.flags = flags
    }

    /// Bytes, the end of the stream, or a connection to accept.
    @inlinable public var readable: Bool { flags & 0x1 != 0 }
    @inlinable public var writable: Bool { flags & 0x4 != 0 }
    /// Broken, or closed in both directions. Bytes that came before may still be read.
    @inlinable public var hangup: Bool { flags & 0x18 != 0 }
}
