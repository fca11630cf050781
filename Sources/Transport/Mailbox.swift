/// What several threads leave for one: posting never waits and never fails, and the owner takes everything at once.
///
/// Each sender has a lane, which knows how many of its bytes wait: a sender that asks can hold back before it fills
/// memory for somebody slow. Letters are plain values that point to memory of the sender's; when they have been read, some go
/// back to be filled again, so that memory does not wander from one thread's heap to another's.
public final class Mailbox<Letter: BitwiseCopyable & Sendable>: Sendable {
    @usableFromInline struct Lane: Sendable {
        @usableFromInline var bytes = 0
        /// The sender waits for room.
        @usableFromInline var isAwaited = false
        /// Letters that have been read, for the sender to fill again.
        @usableFromInline var spent: [Letter] = []
    }

    @usableFromInline struct State: Sendable {
        @usableFromInline var letters: [Letter] = []
        @usableFromInline var lanes: [Lane]
        @usableFromInline var isOwnerAsleep = false

        @usableFromInline init(senders: Int) { lanes = Array(repeating: Lane(), count: senders) }
    }

    @usableFromInline let state: Locked<State>
    @usableFromInline let owner: Waker
    @usableFromInline let senders: [Waker]
    /// Read letters that a lane keeps for its sender.
    @usableFromInline let spentLimit: Int

    /// - Parameters:
    ///   - owner: ends the sleep of the thread that takes
    ///   - senders: wakes those who wait for room; senders are named by their place in here
    ///   - spentLimit: read letters to keep for each sender until it fills them again
    public init(owner: Waker, senders: [Waker], spentLimit: Int = 0) {
        self.owner = owner
        self.spentLimit = spentLimit
        self.senders = senders
        state = Locked(State(senders: senders.count))
    }

    /// Leaves a letter that stands for `bytes` bytes, and wakes the owner if it sleeps: once, however many letters come.
    /// A letter of this sender that has been read comes back, if there is one.
    @inlinable @discardableResult public func post(_ letter: Letter, bytes: Int, from sender: Int) -> Letter? {
        let (isOwnerAsleep, spent) = state.withLock { state in
            state.letters.append(letter)
            state.lanes[sender].bytes += bytes
            defer { state.isOwnerAsleep = false }
            return (state.isOwnerAsleep, state.lanes[sender].spent.popLast())
        }
        if isOwnerAsleep { owner.wake() }
        return spent
    }

    /// Takes all letters, those of one sender in their order, and wakes the senders that wait for room.
    ///
    /// - Parameter letters: those taken last time, which have been read: the lanes keep some for their senders, and those
    ///   they do not want are given to `free`. Keep the same array, and nothing is allocated.
    @inlinable public func take(into letters: inout [Letter], sender: (Letter) -> Int, free: (Letter) -> Void) {
        var awaiting: [Int] = []
        var kept = 0
        state.withLock { state in
            while kept < letters.count, state.lanes[sender(letters[kept])].spent.count < spentLimit {
                state.lanes[sender(letters[kept])].spent.append(letters[kept])
                kept += 1
            }
        }
        for letter in letters.dropFirst(kept) { free(letter) }
        letters.removeAll(keepingCapacity: true)
        state.withLock { state in
            guard !state.letters.isEmpty else { return }
            swap(&letters, &state.letters)
            for sender in state.lanes.indices {
                if state.lanes[sender].isAwaited { awaiting.append(sender) }
                state.lanes[sender].isAwaited = false
                state.lanes[sender].bytes = 0
            }
        }
        for sender in awaiting { senders[sender].wake() }
    }

    /// At the end: everything that is still in it, read or not.
    public func takeRest() -> (unread: [Letter], spent: [Letter]) {
        state.withLock { state in
            defer { state = State(senders: state.lanes.count) }
            return (state.letters, state.lanes.flatMap(\.spent))
        }
    }

    /// Whether fewer than `limit` bytes of a sender wait. If not, the sender is woken when they have been taken.
    @inlinable public func hasRoom(from sender: Int, limit: Int) -> Bool {
        state.withLock { state in
            if state.lanes[sender].bytes < limit { return true }
            state.lanes[sender].isAwaited = true
            return false
        }
    }

    /// To be asked by the owner before it waits. true: it may sleep, the next letter wakes it; false: letters are here.
    @inlinable public func willSleep() -> Bool {
        state.withLock { state in
            state.isOwnerAsleep = state.letters.isEmpty
            return state.isOwnerAsleep
        }
    }

    /// To be said by the owner when its wait is over, so that nobody goes on waking it.
    @inlinable public func didWake() { state.withLock { $0.isOwnerAsleep = false } }
}
