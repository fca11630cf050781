import Transport

/// What became of the start of something on another thread.
final class ThreadStart<Started: Sendable>: Sendable {
    private let decided = Locked<Result<Started, TransportError>?>(nil)
    private let isDecided = Semaphore()

    func decide(_ outcome: Result<Started, TransportError>) {
        decided.withLock { $0 = outcome }
        isDecided.signal()
    }

    /// Waits for it.
    func outcome() throws(TransportError) -> Started {
        while true {
            isDecided.wait()
            if let outcome = decided.withLock({ $0 }) { return try outcome.get() }
        }
    }
}
