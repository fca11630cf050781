/// Ends what takes too long.
enum Deadline {
    /// Runs `body` and cancels it after `limit`.
    ///
    /// - Returns: nil when it was cancelled, for that reason or another
    static func run<Result: Sendable>(
        within limit: Duration?, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result? {
        guard let limit else { return try await body() }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            return try await group.next() ?? nil
        }
    }
}
