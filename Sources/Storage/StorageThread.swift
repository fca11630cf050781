import Transport

/// The one thread that touches a store. Whatever waits when it comes to commit becomes one transaction, so that many share one wait for the disk.
///
/// `State` is the store, or what stands on it; `Change` is what others ask to make durable. Who asks never waits; answers come on this thread, in
/// the order of the asking, and should be short.
public final class StorageThread<State: ~Copyable & SendableMetatype, Change: Sendable>: Sendable {
    public typealias Answer = @Sendable (Result<Void, StorageError>) -> Void
    /// Makes a group of changes durable in one transaction: all of them, or with an error none.
    public typealias Commit = @Sendable (inout State, ArraySlice<Change>) throws(StorageError) -> Void
    /// Gets the store when everything asked for before is committed or refused.
    public typealias Question = @Sendable (inout State) -> Void
    /// Done now and then, whatever else there is to do.
    public typealias Beat = @Sendable (inout State) -> Void

    private let requests: StorageRequests<State, Change>

    /// Returns when the store is open.
    ///
    /// - Parameters:
    ///   - name: what `top -H` shows
    ///   - rhythm: when it commits, and how often it does `beat`
    ///   - open: opens the store, on the thread
    ///   - commit: makes a group of changes durable, on the thread
    /// - Throws: what `open` throws, or why no thread can be started
    public init(
        name: String, rhythm: StorageRhythm = StorageRhythm(), open: @escaping @Sendable () throws(StorageError) -> State,
        commit: @escaping Commit, beat: @escaping Beat = { _ in }
    ) throws(StorageError) {
        let start = Started()
        do throws(TransportError) {
            let waiting = try Poller()
            let requests = try StorageRequests<State, Change>(rhythm, beat)
            let caller = waiting.waker
            _ = try Thread(name: name) {
                do throws(StorageError) {
                    let poller = try requests.poller()
                    let state = try open()
                    start.decide(.success(()), waking: caller)
                    requests.serve(state, waitingWith: poller, commit)
                } catch {
                    start.decide(.failure(error), waking: caller)
                }
            }
            self.requests = requests
            start.wait(with: waiting)
        } catch {
            throw StorageError(starting: error)
        }
        try start.outcome()
    }

    deinit { requests.close(waking: nil) }

    /// Asks to make a change durable, after everything asked for before. The answer is `closed` when the store is.
    ///
    /// A change for which there is no room is refused alone, and not with those it happened to wait with.
    public func commit(_ change: Change, whenDone: @escaping Answer) {
        if !requests.post(.commit(change, whenDone)) { whenDone(.failure(.closed)) }
    }

    /// Asks to read. false: the store is closed, and the question is not put.
    public func read(_ question: @escaping Question) -> Bool { requests.post(.read(question)) }

    /// Returns when everything asked for is answered and the store let go of. Not to be called from an answer.
    public func close() {
        // Without a descriptor left there is nothing to wait with; the thread ends all the same.
        guard let waiting = try? Poller() else { return requests.close(waking: nil) }
        requests.close(waking: waiting.waker)
        var events = EventBatch()
        while !requests.hasEnded { waiting.wait(until: nil, clock: .system, into: &events) }
    }
}

/// What became of opening the store.
private final class Started: Sendable {
    private let result = Locked<Result<Void, StorageError>?>(nil)

    func decide(_ outcome: Result<Void, StorageError>, waking waker: Waker) {
        result.withLock { $0 = outcome }
        waker.wake()
    }

    func wait(with poller: borrowing Poller) {
        var events = EventBatch()
        while result.withLock({ $0 == nil }) { poller.wait(until: nil, clock: .system, into: &events) }
    }

    func outcome() throws(StorageError) { try result.withLock { $0 }?.get() }
}
