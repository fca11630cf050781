/// The moment at which what takes too long is ended. All steps of a command have it in common.
struct Deadline: Sendable {
    /// The time there was in the beginning; nil: as long as it takes.
    let limit: Duration?
    private let end: ContinuousClock.Instant?

    /// It runs from now on.
    init(within limit: Duration?) {
        self.limit = limit
        end = limit.map { ContinuousClock.now + $0 }
    }

    /// What is left of it, at least nothing; nil: as long as it takes.
    var left: Duration? { end.map { max(.zero, ContinuousClock.now.duration(to: $0)) } }

    /// Such as `2.0 s`, for people.
    var words: String { limit.map(Quantity.seconds) ?? "time" }

    /// Runs `body` and cancels it when the moment has come.
    ///
    /// - Returns: nil when it was cancelled, for that reason or another
    func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result? {
        guard let end else { return try await body() }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask {
                try? await Task.sleep(until: end, clock: .continuous)
                return nil
            }
            return try await group.next() ?? nil
        }
    }
}
