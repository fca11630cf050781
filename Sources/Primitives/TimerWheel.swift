/// Timers in a hierarchy of wheels: arm and cancel in constant time, exact to a millisecond, never early.
///
/// Six wheels of 64 places, the finest one millisecond a place; a timer moves down a wheel as its moment nears.
/// What a timer means is a `UInt64` of the caller's.
public struct TimerWheel: ~Copyable {
    /// Names an armed timer, so that it can be cancelled.
    public typealias Handle = UInt32
    public static let none: Handle = .max

    struct Timer: BitwiseCopyable {
        var due: Int64  // milliseconds
        var token: UInt64
        var next: UInt32
        var previous: UInt32
        var place: UInt32
    }

    static let levels = 6
    private var timers = SlotTable<Timer>()
    private var heads: [UInt32]
    private var occupied: [UInt64]
    private var elapsed: Int64 = 0

    public init(at now: Instant) {
        heads = Array(repeating: Self.none, count: Self.levels * 64)
        occupied = Array(repeating: 0, count: Self.levels)
        elapsed = now.nanoseconds / 1_000_000
    }

    public var count: Int { timers.count }

    /// Fires `token` at the first `advance` to a moment not before `due`.
    public mutating func arm(_ token: UInt64, at due: Instant) -> Handle {
        // Rounded upwards: no timer fires before its instant.
        let milliseconds = due.nanoseconds / 1_000_000 + (due.nanoseconds % 1_000_000 > 0 ? 1 : 0)
        let handle = timers.insert(Timer(due: max(milliseconds, elapsed), token: token, next: Self.none, previous: Self.none, place: 0))
        link(handle)
        return handle
    }

    /// Takes an armed timer out; it will not fire.
    public mutating func cancel(_ handle: Handle) {
        unlink(handle)
        timers.remove(handle)
    }

    /// The earliest moment at which `advance` has something to do, or nil. Never later than the next timer's instant.
    public var nextDeadline: Instant? {
        for level in 0..<Self.levels where occupied[level] != 0 {
            let span = Int64(1) << (6 * Int64(level))
            let position = Int((elapsed / span) & 63)
            let rotated = occupied[level] >> UInt64(position) | (position == 0 ? 0 : occupied[level] << UInt64(64 - position))
            let ahead = Int64(rotated.trailingZeroBitCount)
            let base = elapsed / span * span
            let at = ahead == 0 ? max(base, elapsed) : base + ahead * span
            return Instant(nanoseconds: at * 1_000_000)
        }
        return nil
    }

    /// Moves on to `now`, calling `fire` with the token of each timer that is due, earlier milliseconds first; stops
    /// after `limit` timers, in which case `nextDeadline` is not later than `now`.
    public mutating func advance(to now: Instant, limit: Int = .max, _ fire: (UInt64) -> Void) {
        let target = now.nanoseconds / 1_000_000
        var fired = 0
        while let next = nextDeadline, next.nanoseconds / 1_000_000 <= target {
            elapsed = max(elapsed, next.nanoseconds / 1_000_000)
            for level in stride(from: Self.levels - 1, through: 1, by: -1) { cascade(level) }
            let place = Int(elapsed & 63)
            while heads[place] != Self.none {
                if fired == limit { return }
                let handle = heads[place]
                let token = timers[handle].token
                cancel(handle)
                fired += 1
                fire(token)
            }
        }
        elapsed = max(elapsed, target)
        // A jump may have entered places of the coarser wheels whose timers are not due yet: they move down.
        for level in stride(from: Self.levels - 1, through: 1, by: -1) { cascade(level) }
    }

    /// Takes the timers of the current place of `level` and files them anew, lower down.
    private mutating func cascade(_ level: Int) {
        let place = level * 64 + Int((elapsed >> (6 * Int64(level))) & 63)
        var handle = heads[place]
        guard handle != Self.none else { return }
        heads[place] = Self.none
        occupied[level] &= ~(1 << UInt64(place & 63))
        while handle != Self.none {
            let next = timers[handle].next
            link(handle)
            handle = next
        }
    }

    private mutating func link(_ handle: Handle) {
        let due = timers[handle].due
        let differing = UInt64(bitPattern: due ^ elapsed)
        let significant = 63 - (differing | 63).leadingZeroBitCount
        var level = significant / 6
        var at = due
        if level >= Self.levels {
            // Beyond the coarsest wheel (two years) or across its end: at most its last place, where it is filed again.
            level = Self.levels - 1
            at = min(due, elapsed + (Int64(63) << (6 * Int64(level))))
        }
        let place = level * 64 + Int((at >> (6 * Int64(level))) & 63)
        timers[handle].place = UInt32(place)
        timers[handle].previous = Self.none
        timers[handle].next = heads[place]
        if heads[place] != Self.none { timers[heads[place]].previous = handle }
        heads[place] = handle
        occupied[level] |= 1 << UInt64(place & 63)
    }

    private mutating func unlink(_ handle: Handle) {
        let timer = timers[handle]
        let place = Int(timer.place)
        if timer.previous == Self.none { heads[place] = timer.next } else { timers[timer.previous].next = timer.next }
        if timer.next != Self.none { timers[timer.next].previous = timer.previous }
        if heads[place] == Self.none { occupied[place / 64] &= ~(1 << UInt64(place & 63)) }
    }
}
