import Synchronization

/// A number that several threads count with, and a bound for what they take together.
public final class SharedCounter: Sendable {
    private let value = Atomic<Int>(0)

    public init() {}

    public var current: Int { value.load(ordering: .relaxed) }

    /// Takes `amount` unless the sum would exceed `limit`; whether it was taken.
    public func take(_ amount: Int, upTo limit: Int) -> Bool {
        let sum = value.wrappingAdd(amount, ordering: .relaxed).newValue
        if sum <= limit { return true }
        value.wrappingSubtract(amount, ordering: .relaxed)
        return false
    }

    /// Takes `amount` without a bound; the sum.
    public func advance(by amount: Int) -> Int { value.wrappingAdd(amount, ordering: .relaxed).newValue }

    /// Raises it to `least` if it is lower.
    public func raise(to least: Int) {
        let missing = least - value.load(ordering: .relaxed)
        // Called by all threads with the same number before anybody counts, so at worst some numbers stay unused.
        if missing > 0 { value.wrappingAdd(missing, ordering: .relaxed) }
    }

    /// Gives back what was taken.
    public func give(_ amount: Int) { value.wrappingSubtract(amount, ordering: .relaxed) }
}
