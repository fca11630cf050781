import Primitives
import Transport

/// What waits for the storage thread, and the thread's work.
final class StorageRequests<State: ~Copyable & SendableMetatype, Change: Sendable>: Sendable {
    typealias Owner = StorageThread<State, Change>

    enum Request: Sendable {
        case commit(Change, Owner.Answer)
        case read(Owner.Question)
    }

    private struct Queue: Sendable {
        var waiting: [Request] = []
        /// Somebody waits for an answer, and not only for a commit some time.
        var isUrgent = false
        var isThreadAsleep = false
        var isClosed = false
        var hasEnded = false
        var closers: [Waker] = []
    }

    private let queue = Locked(Queue())
    private let waker: Waker
    private let rhythm: StorageRhythm
    private let beat: Owner.Beat

    init(_ rhythm: StorageRhythm, _ beat: @escaping Owner.Beat) throws(TransportError) {
        self.rhythm = rhythm
        self.beat = beat
        waker = try Waker()
    }

    var hasEnded: Bool { queue.withLock { $0.hasEnded } }

    /// false: it is closed, and the request not taken.
    func post(_ request: Request) -> Bool {
        let (isTaken, wakes) = queue.withLock { queue in
            guard !queue.isClosed else { return (false, false) }
            queue.waiting.append(request)
            var wakes = queue.isThreadAsleep
            if case .read = request {
                wakes = wakes || !queue.isUrgent
                queue.isUrgent = true
            }
            queue.isThreadAsleep = false
            return (true, wakes)
        }
        if wakes { waker.wake() }
        return isTaken
    }

    /// Nothing more is taken; `closer` is woken when what was taken is answered and the store is gone.
    func close(waking closer: Waker?) {
        queue.withLock { queue in
            queue.isClosed = true
            if let closer { queue.closers.append(closer) }
        }
        waker.wake()
    }

    /// What the thread waits with.
    func poller() throws(StorageError) -> Poller {
        do throws(TransportError) { return try Poller(waker: waker) } catch { throw StorageError(starting: error) }
    }

    /// The work of the thread, until the queue is closed and everything answered.
    func serve(_ store: consuming State, waitingWith poller: borrowing Poller, _ commit: Owner.Commit) {
        answerAll(store, waitingWith: poller, commit)
        let closers = queue.withLock { queue in
            queue.hasEnded = true
            return queue.closers
        }
        for closer in closers { closer.wake() }
    }

    private func answerAll(_ store: consuming State, waitingWith poller: borrowing Poller, _ commit: Owner.Commit) {
        var events = EventBatch()
        var nextCommit = Instant.zero
        var nextBeat = rhythm.beatMilliseconds > 0 ? Instant.zero : .never
        while true {
            let now = Clock.system.now()
            if now >= nextBeat {
                beat(&store)
                nextBeat = now.advanced(byMilliseconds: rhythm.beatMilliseconds)
            }
            guard let requests = take(isDue: now >= nextCommit) else { return }
            if requests.isEmpty { poller.wait(until: min(nextBeat, now < nextCommit ? nextCommit : .never), clock: .system, into: &events) }
            var group = Group()
            for request in requests {
                switch request {
                case .commit(let change, let answer):
                    group.changes.append(change)
                    group.answers.append(answer)
                case .read(let question):
                    // It sees what was asked for before it and nothing that came later.
                    group.commit(to: &store, commit)
                    question(&store)
                }
            }
            group.commit(to: &store, commit)
            if !requests.isEmpty { nextCommit = now.advanced(byMilliseconds: rhythm.commitMilliseconds) }
        }
    }

    /// Everything that waits; nothing: sleep until woken, or until it is due; nil: nothing will come any more.
    private func take(isDue: Bool) -> [Request]? {
        queue.withLock { queue in
            if queue.waiting.isEmpty {
                queue.isThreadAsleep = true
                return queue.isClosed ? nil : []
            }
            guard isDue || queue.isUrgent || queue.isClosed else { return [] }
            queue.isUrgent = false
            defer { queue.waiting = [] }
            return queue.waiting
        }
    }

    /// Changes for one transaction.
    private struct Group {
        var changes: [Change] = []
        var answers: [Owner.Answer] = []

        mutating func commit(to store: inout State, _ commit: Owner.Commit) {
            Self.commit(changes[...], answers[...], to: &store, commit)
            self = Group()
        }

        /// What finds no room together is tried in halves, so that only those are refused that find none alone.
        private static func commit(
            _ changes: ArraySlice<Change>, _ answers: ArraySlice<Owner.Answer>, to store: inout State, _ commit: Owner.Commit
        ) {
            guard !changes.isEmpty else { return }
            do throws(StorageError) {
                try commit(&store, changes)
                for answer in answers { answer(.success(())) }
            } catch {
                guard error.isLackOfRoom, changes.count > 1 else { return answers.forEach { $0(.failure(error)) } }
                let middle = changes.startIndex + changes.count / 2
                Self.commit(changes[..<middle], answers[..<middle], to: &store, commit)
                Self.commit(changes[middle...], answers[middle...], to: &store, commit)
            }
        }
    }
}
