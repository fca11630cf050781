/// What several threads leave for one: posting never waits and never fails, and the owner takes everything at once.
///
/// Each sender has a lane, which knows how many of its bytes wait: a sender that asks can hold back before it fills
/// memory for somebody slow. Letters are plain values; whoever takes them frees what they point to, also at the end.
public final class Mailbox<Letter: BitwiseCopyable & Sendable>: Sendable {
    private struct Lane {
        var bytes = 0
        /// The sender waits for room.
        var isAwaited = false
    }

    private struct State {
        var letters: [Letter] = []
        var lanes: [Lane]
        var isOwnerAsleep = false
    }

    private let state: Locked<State>
    private let owner: Waker
    private let senders: [Waker]

    /// - Parameters:
    ///   - owner: ends the sleep of the thread that takes
    ///   - senders: wakes those who wait for room; senders are named by their place in here
    public init(owner: Waker, senders: [Waker]) {
        self.owner = owner
        self.senders = senders
        state = Locked(State(lanes: Array(repeating: Lane(), count: senders.count)))
    }

    /// Leaves a letter that stands for `bytes` bytes, and wakes the owner if it sleeps: once, however many letters come.
    public func post(_ letter: Letter, bytes: Int, from sender: Int) {
        let isOwnerAsleep = state.withLock { state in
            state.letters.append(letter)
            state.lanes[sender].bytes += bytes
            defer { state.isOwnerAsleep = false }
            return state.isOwnerAsleep
        }
        if isOwnerAsleep { owner.wake() }
    }

    /// Appends all letters, those of one sender in their order, and wakes the senders that wait for room.
    ///
    /// An empty array is swapped for the full one: give back the same one each time and nothing is allocated.
    public func take(into letters: inout [Letter]) {
        var awaiting: [Int] = []
        state.withLock { state in
            guard !state.letters.isEmpty else { return }
            if letters.isEmpty {
                swap(&letters, &state.letters)
            } else {
                letters += state.letters
                state.letters.removeAll(keepingCapacity: true)
            }
            for sender in state.lanes.indices {
                if state.lanes[sender].isAwaited { awaiting.append(sender) }
                state.lanes[sender] = Lane()
            }
        }
        for sender in awaiting { senders[sender].wake() }
    }

    /// Whether fewer than `limit` bytes of a sender wait. If not, the sender is woken when they have been taken.
    public func hasRoom(from sender: Int, limit: Int) -> Bool {
        state.withLock { state in
            if state.lanes[sender].bytes < limit { return true }
            state.lanes[sender].isAwaited = true
            return false
        }
    }

    /// To be asked by the owner before it waits. true: it may sleep, the next letter wakes it; false: letters are here.
    public func willSleep() -> Bool {
        state.withLock { state in
            state.isOwnerAsleep = state.letters.isEmpty
            return state.isOwnerAsleep
        }
    }

    /// To be said by the owner when its wait is over, so that nobody goes on waking it.
    public func didWake() { state.withLock { $0.isOwnerAsleep = false } }
}
