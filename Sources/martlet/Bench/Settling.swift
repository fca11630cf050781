/// Waits for what others bring about, for as long as it still goes on.
enum Settling {
    static let interval: UInt64 = 10_000_000

    /// Returns when `count` has reached `goal`, nothing has gone on for `idle`, or `limit` is over, or the task is cancelled.
    ///
    /// - Parameter activity: changes as long as something goes on
    /// - Returns: whether the goal is reached
    @discardableResult
    static func wait(
        for goal: Int, idle: Duration = .seconds(5), limit: Duration = .seconds(60), activity: (() -> Int)? = nil, _ count: () -> Int
    ) async -> Bool {
        let end = MonotonicClock.now() + limit.nanoseconds
        let activity = activity ?? count
        var (last, changed) = (activity(), MonotonicClock.now())
        while count() < goal, !Task.isCancelled {
            let now = MonotonicClock.now()
            if now >= end || now - changed >= idle.nanoseconds { return false }
            await MonotonicClock.wait(until: now + interval)
            let current = activity()
            if current != last { (last, changed) = (current, MonotonicClock.now()) }
        }
        return count() >= goal
    }
}
