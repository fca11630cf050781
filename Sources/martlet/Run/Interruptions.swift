import Glibc

/// Ctrl-C and SIGTERM, as things that can be waited for.
enum Interruptions {
    /// Runs the program on other threads and ends with its status; this one, the first, waits for signals meanwhile.
    ///
    /// To be called before there is a second thread: those to come have the signals blocked too. The program hears of the first one; a second
    /// does not wait for goodbyes.
    static func run(_ program: @escaping @Sendable (_ interruptions: AsyncStream<Int32>) async -> ExitStatus) -> Never {
        // A reader that has gone is an error of writing, not the end.
        signal(SIGPIPE, SIG_IGN)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let (interruptions, heard) = AsyncStream<Int32>.makeStream()
        Task.detached { exit(await program(interruptions).rawValue) }
        var number: Int32 = 0
        sigwait(&signals, &number)
        heard.yield(number)
        sigwait(&signals, &number)
        exit(ExitStatus.interrupted.rawValue)
    }
}
