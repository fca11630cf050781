/// Says how far a run is: on a terminal in one line, drawn anew each second, elsewhere in a line every five seconds, on standard error.
struct ProgressLine: Sendable {
    let isQuiet: Bool

    /// Shows `text` again and again while `work` is done.
    func during<Value>(
        _ text: @escaping @Sendable () -> String, _ work: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        async let _: Void = show(text)
        return try await work()
    }

    private func show(_ text: @Sendable () -> String) async {
        guard !isQuiet else { return }
        let seconds: UInt64 = Console.errorIsTerminal ? 1 : 5
        var next = MonotonicClock.now()
        while true {
            next += seconds * 1_000_000_000
            await MonotonicClock.wait(until: next)
            if Task.isCancelled { break }
            if Console.errorIsTerminal {
                Console.draw("\r\u{1b}[K\(text())")
            } else {
                Console.complain(text())
            }
        }
        if Console.errorIsTerminal { Console.draw("\r\u{1b}[K") }
    }
}
