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

    /// Gives back what was taken.
    public func give(_ amount: Int) { value.wrappingSubtract(amount, ordering: .relaxed) }
}
