import Glibc

/// The clock that all moments of a run are on, in nanoseconds.
enum MonotonicClock {
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return nanoseconds(time)
    }

    /// Processor time this process has used.
    static func processorTime() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return nanoseconds(time)
    }

    /// Blocks the thread: to be called on one of its own.
    static func block(until moment: UInt64) {
        var time = timespec(tv_sec: Int(moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }

    /// Returns early when the task is cancelled.
    static func wait(until moment: UInt64) async {
        let now = now()
        if moment > now { try? await Task.sleep(for: .nanoseconds(Int64(moment - now))) }
    }

    private static func nanoseconds(_ time: timespec) -> UInt64 { UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec) }
}

extension Duration {
    /// Whole nanoseconds; of a negative one 0.
    var nanoseconds: UInt64 { UInt64(max(0, components.seconds)) * 1_000_000_000 + UInt64(max(0, components.attoseconds / 1_000_000_000)) }
}
