/// A moment on the monotonic clock, in nanoseconds since an arbitrary start.
///
/// Never read here: whoever owns a clock passes it in. Arithmetic saturates, so that "never" stays never.
public struct Instant: Comparable, Hashable, BitwiseCopyable, Sendable {
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Later than every moment a clock can show.
    @inlinable public static var never: Instant { Instant(nanoseconds: .max) }
    @inlinable public static var zero: Instant { Instant(nanoseconds: 0) }

    @inlinable public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The moment `milliseconds` later.
    @inlinable public func advanced(byMilliseconds milliseconds: Int64) -> Instant {
        let (scaled, tooLarge) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflow) = nanoseconds.addingReportingOverflow(scaled)
        return tooLarge || overflow ? .never : Instant(nanoseconds: sum)
    }

    /// The moment `seconds` later.
    @inlinable public func advanced(bySeconds seconds: UInt32) -> Instant {
        advanced(byMilliseconds: Int64(seconds) * 1_000)
    }

    /// Whole seconds from `self` to `later`, rounded upwards, at least 0: what is left is never understated.
    @inlinable public func secondsRoundedUp(until later: Instant) -> UInt32 {
        guard later > self else { return 0 }
        // Unsigned, since the way to `never` may be longer than an Int64 can say.
        let left = UInt64(bitPattern: later.nanoseconds &- nanoseconds)
        return UInt32(clamping: left / 1_000_000_000 + (left % 1_000_000_000 > 0 ? 1 : 0))
    }
}
