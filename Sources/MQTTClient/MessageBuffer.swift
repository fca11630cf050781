import ClientCore
import Transport

/// The messages of one subscription between the loop, which puts them in, and their reader, who takes all at once.
final class MessageBuffer: Sendable {
    private struct State: Sendable {
        var messages: [ReceivedMessage] = []
        var reader: UnsafeContinuation<Void, Never>?
        var isEnded = false
        var hasReader = false
        /// The loop reads nothing until something is taken.
        var holdsUp = false
        var dropped = 0
    }

    private let state = Locked(State())

    var count: Int { state.withLock { $0.messages.count } }
    var dropped: Int { state.withLock { $0.dropped } }

    /// Puts messages in; how many wait now, nil: it takes no more.
    func append(_ messages: ArraySlice<(subscription: UInt32, message: ReceivedMessage)>) -> Int? {
        let (reader, count) = state.withLock { state -> (UnsafeContinuation<Void, Never>?, Int?) in
            guard !state.isEnded else { return (nil, nil) }
            for (_, message) in messages { state.messages.append(message) }
            return (state.reader.take(), state.messages.count)
        }
        reader?.resume()
        return count
    }

    /// Drops the oldest QoS 0 messages until `limit` are left, if there are so many.
    func dropOldest(downTo limit: Int) {
        state.withLock { state in
            var excess = state.messages.count - limit
            guard excess > 0 else { return }
            state.messages.removeAll { message in
                guard excess > 0, message.qos == .atMostOnce else { return false }
                excess -= 1
                state.dropped += 1
                return true
            }
        }
    }

    /// The loop waits until something is taken; false: it was taken meanwhile.
    func holdUp(above limit: Int) -> Bool {
        state.withLock { state in
            state.holdsUp = state.messages.count > limit && !state.isEnded
            return state.holdsUp
        }
    }

    /// Takes all that is here; whether the loop was waiting for it.
    func take() -> (messages: [ReceivedMessage], heldUp: Bool) {
        state.withLock { state in
            defer {
                state.messages = []
                state.holdsUp = false
            }
            return (state.messages, state.holdsUp)
        }
    }

    /// Returns when something is here (true), or nothing will ever be, or the task was cancelled (false).
    func wait(isolation: isolated (any Actor)?) async -> Bool {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.messages.isEmpty || state.isEnded || Task.isCancelled { return true }
                    state.reader = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.reader.take() }?.resume()
        }
        return state.withLock { !$0.messages.isEmpty } && !Task.isCancelled
    }

    /// The one reader comes; false: there is one already.
    func claim() -> Bool {
        state.withLock { state in
            defer { state.hasReader = true }
            return !state.hasReader
        }
    }

    /// Nothing more comes; what is here can still be taken.
    func end() {
        let reader = state.withLock { state in
            state.isEnded = true
            return state.reader.take()
        }
        reader?.resume()
    }
}
