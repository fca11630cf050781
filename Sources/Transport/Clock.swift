import Glibc
import Primitives
import Synchronization

/// Where time comes from: the machine, or a test.
///
/// The only file that reads the machine's clock.
public enum Clock: Sendable {
    case system
    case manual(ManualTime)

    /// Now, on a clock that never goes back and does not count from a known date.
    public func now() -> Instant {
        switch self {
        case .system: Instant(nanoseconds: Self.read(CLOCK_MONOTONIC))
        case .manual(let time): time.now
        }
    }

    /// Nanoseconds since 1970-01-01 00:00 UTC; may jump when the machine's date is set.
    public func wallNanoseconds() -> Int64 {
        switch self {
        case .system: Self.read(CLOCK_REALTIME)
        case .manual(let time): time.wallNanoseconds
        }
    }

    /// Whole seconds since 1970-01-01 00:00 UTC.
    public func wallSeconds() -> Int64 { wallNanoseconds() / 1_000_000_000 }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// Time that stands still until a test moves it.
public final class ManualTime: Sendable {
    private let elapsed = Atomic<Int64>(0)
    private let wallStart: Atomic<Int64>
    private let sleepers = Locked<[Waker]>([])

    /// Starts at `Instant.zero` and at `wallSeconds` since 1970.
    public init(wallSeconds: Int64 = 1_700_000_000) {
        wallStart = Atomic(wallSeconds * 1_000_000_000)
    }

    public var now: Instant { Instant(nanoseconds: elapsed.load(ordering: .acquiring)) }
    public var wallNanoseconds: Int64 { wallStart.load(ordering: .acquiring) + elapsed.load(ordering: .acquiring) }

    /// Moves time forward and wakes every loop that waits by this clock.
    public func advance(byMilliseconds milliseconds: Int64) {
        precondition(milliseconds >= 0, "time does not go back")
        elapsed.add(milliseconds * 1_000_000, ordering: .acquiringAndReleasing)
        sleepers.withLock { waiting in
            for waker in waiting { waker.wake() }
        }
    }

    /// Moves time forward and wakes every loop that waits by this clock.
    public func advance(bySeconds seconds: Int64) { advance(byMilliseconds: seconds * 1_000) }

    /// Sets the clock on the wall ahead, or back, as who sets the date of a machine does: nothing waits by it, so nobody is woken.
    public func setWall(aheadBySeconds seconds: Int64) { wallStart.add(seconds * 1_000_000_000, ordering: .acquiringAndReleasing) }

    /// Loops that wait by this clock at the moment.
    var waitingLoops: Int { sleepers.withLock { $0.count } }

    func startWaiting(_ waker: Waker) { sleepers.withLock { $0.append(waker) } }

    func stopWaiting(_ waker: Waker) {
        sleepers.withLock { waiting in waiting.removeAll { $0 == waker } }
    }
}
