/// Waits for what others bring about, for as long as something still goes on.
enum Settling {
    /// Returns when `count` has reached `goal`, has not changed for `idle`, or `limit` is over, or the task is cancelled.
    ///
    /// - Returns: whether the goal is reached
    @discardableResult
    static func wait(
        for goal: Int, idle: Duration = .seconds(5), limit: Duration = .seconds(60), _ count: () -> Int
    ) async -> Bool {
        await wait(for: goal, idle: idle, limit: limit, activity: count, count)
    }

    /// As the other one, though `activity` is what has not changed.
    @discardableResult
    static func wait(
        for goal: Int, idle: Duration = .seconds(5), limit: Duration = .seconds(60), activity: () -> Int, _ count: () -> Int
    ) async -> Bool {
        let end = MonotonicClock.now() + limit.nanoseconds
        var (last, changed) = (activity(), MonotonicClock.now())
        while count() < goal, !Task.isCancelled {
            let now = MonotonicClock.now()
            if now >= end || now - changed >= idle.nanoseconds { return false }
            await MonotonicClock.wait(until: now + 10_000_000)
            let current = activity()
            if current != last { (last, changed) = (current, MonotonicClock.now()) }
        }
        return count() >= goal
    }
}
