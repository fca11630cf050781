/// Waits for what others bring about, for as long as it still goes on.
enum Settling {
    static let interval: UInt64 = 10_000_000

    /// Returns when `count` has reached `goal`, has not changed for `idle`, or `limit` is over, or the task is cancelled.
    ///
    /// - Returns: whether the goal is reached
    @discardableResult
    static func wait(
        for goal: Int, idle: Duration = .seconds(5), limit: Duration = .seconds(60), _ count: () -> Int
    ) async -> Bool {
        let end = MonotonicClock.now() + limit.nanoseconds
        var (last, changed) = (count(), MonotonicClock.now())
        while last < goal, !Task.isCancelled {
            let now = MonotonicClock.now()
            if now >= end || now - changed >= idle.nanoseconds { return false }
            await MonotonicClock.wait(until: now + interval)
            let current = count()
            if current != last { (last, changed) = (current, MonotonicClock.now()) }
        }
        return last >= goal
    }
}
