import Primitives

/// What of the broker's state survives its process.
public enum Durability: String, CaseIterable, Sendable {
    /// Nothing.
    case none
    /// Everything but what came in the last moment: answers do not wait for the disk.
    case relaxed
    /// Everything that was answered: an answer that promises something waits for the disk.
    case strict
}

/// How a core keeps what it has to remember.
public struct Keeping: Sendable {
    public var durability: Durability
    /// Nanoseconds to add to an `Instant` for the time on the wall, which holds across restarts.
    public var wallOffset: Int64

    public static let nothing = Keeping(durability: .none, wallOffset: 0)

    public init(durability: Durability, wallOffset: Int64) {
        self.durability = durability
        self.wallOffset = wallOffset
    }

    /// Nanoseconds since 1970; `.max`: never.
    func wall(_ instant: Instant) -> Int64 {
        guard instant < .never else { return .max }
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(wallOffset)
        return overflow ? .max : sum
    }

    /// The moment that the clock on the wall showed as `wall`; it may be long past.
    func instant(_ wall: Int64) -> Instant {
        guard wall < .max else { return .never }
        let (difference, overflow) = wall.subtractingReportingOverflow(wallOffset)
        return overflow ? .zero : Instant(nanoseconds: difference)
    }
}
