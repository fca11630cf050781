import Glibc

/// Ctrl-C and SIGTERM, as things that can be waited for.
enum Interruptions {
    /// Their numbers as they come. A second one does not wait for goodbyes: it ends the process.
    static func begin() -> AsyncStream<Int32> {
        // A reader that has gone is an error of writing, not the end.
        signal(SIGPIPE, SIG_IGN)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        // Threads started from here on have them blocked too, so that they come to the one that waits.
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let awaited = signals
        return AsyncStream { continuation in
            Blocking.start {
                var signals = awaited
                var number: Int32 = 0
                sigwait(&signals, &number)
                continuation.yield(number)
                sigwait(&signals, &number)
                _exit(ExitStatus.interrupted.rawValue)
            }
        }
    }
}
