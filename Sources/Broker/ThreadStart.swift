import Transport

/// What became of the start of something on another thread.
final class ThreadStart<Started: Sendable, Failure: Error>: Sendable {
    private let decided = Locked<Result<Started, Failure>?>(nil)
    private let isDecided = Semaphore()

    func decide(_ outcome: Result<Started, Failure>) {
        decided.withLock { $0 = outcome }
        isDecided.signal()
    }

    /// Waits for it.
    func outcome() throws(Failure) -> Started {
        while true {
            isDecided.wait()
            if let outcome = decided.withLock({ $0 }) { return try outcome.get() }
        }
    }
}
