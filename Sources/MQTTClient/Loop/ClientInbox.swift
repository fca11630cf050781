import ClientCore
import Transport

/// What all threads may touch of a client: what they tell its loop, how much they may tell, and who waits for what.
final class ClientInbox: Sendable {
    struct State: Sendable {
        var events: [ClientEvent] = []
        var isBegun = false
        var isEnded = false
        /// The loop knows that there is something to take.
        var isScheduled = false
        /// Something was taken for which the loop had stopped reading.
        var isTaken = false
        var operations = OperationTable()
        /// Accepted and not through yet.
        var messages = 0
        var bytes = 0
        /// Did not get through, and nobody was told.
        var failed = 0
        var waiting: [Waiting] = []
        var lastTicket: UInt64 = 0
        var buffers: [UInt32: MessageBuffer] = [:]
        var lastSubscription: UInt32 = 0
        var responses = ResponseTable()
        /// nil: nothing was tried yet.
        var connection: ConnectionState?
        /// Of the broker that is connected: what it takes for certain.
        var taken = CertainlyTaken()
        var observers: [UInt64: AsyncStream<ConnectionState>.Continuation] = [:]
        var lastObserver: UInt64 = 0
        var ending: [UnsafeContinuation<MQTTClientError?, Never>] = []
        var error: MQTTClientError?
    }

    /// What a broker takes without its core being asked; anything, while none has said otherwise.
    struct CertainlyTaken: Sendable {
        var weight = Int.max
        var retain = true
    }

    /// A publisher that waits for room.
    struct Waiting: Sendable {
        let ticket: UInt64
        let weight: Int
        let continuation: UnsafeContinuation<Bool, Never>
    }

    /// Events that wait for the loop, above which publishers wait for it, too.
    private static let eventLimit = 4_096

    let configuration: ClientConfiguration
    let store: (any OutboxStore)?
    let loop: ClientLoop
    let number: UInt64
    let state = Locked(State())

    init(_ configuration: ClientConfiguration, loop: ClientLoop) {
        self.configuration = configuration
        self.loop = loop
        store = configuration.outboxStore
        number = loop.nextNumber()
    }

    // MARK: Beginning and end

    /// Has the loop take up this client.
    ///
    /// - Throws: `outboxFailed` when the store cannot be opened; `invalidArgument` the second time
    func begin() throws(MQTTClientError) {
        let (isFirst, isOver) = state.withLock { state in
            guard !state.isBegun else { return (false, false) }
            state.isBegun = true
            // The loop is to take nothing before it knows what the store holds.
            state.isScheduled = true
            return (true, state.isEnded)
        }
        guard isFirst else { throw .invalidArgument("run: expected once; make another client to connect again") }
        if isOver { return }
        var stored: StoredOutbox?
        do throws(OutboxStoreError) {
            stored = try store?.open()
        } catch {
            finish(.outboxFailed(reason: error.reason))
            throw .outboxFailed(reason: error.reason)
        }
        // Before what was asked of it already.
        state.withLock { $0.events.insert(.start(stored: stored), at: 0) }
        // In this order, so that it is told if there is no thread to be had.
        loop.schedule(self)
        loop.start()
    }

    /// Ends the client; one that was not begun is over at once.
    func stop(publishWill: Bool) {
        if !endUnbegun() { post(.stop(publishWill: publishWill)) }
    }

    /// Nobody is going to begin it any more; false: somebody has.
    @discardableResult func endUnbegun() -> Bool {
        let (isBegun, isEnded) = state.withLock { state in
            defer { state.isEnded = state.isEnded || !state.isBegun }
            return (state.isBegun, state.isEnded)
        }
        if !isBegun, !isEnded { finish(nil) }
        return !isBegun
    }

    /// Returns when the client is over, and its store closed.
    func ended() async -> MQTTClientError? {
        let error = await withUnsafeContinuation { continuation in
            let (isOver, error) = state.withLock { state in
                if !state.isEnded { state.ending.append(continuation) }
                return (state.isEnded, state.error)
            }
            if isOver { continuation.resume(returning: error) }
        }
        if state.withLock({ $0.isBegun }) { store?.close() }
        return error
    }

    // MARK: Telling the loop

    /// Tells the loop; false: the client is over.
    @discardableResult func post(_ event: ClientEvent) -> Bool {
        let (isOpen, isNews) = state.withLock { state in
            guard !state.isEnded else { return (false, false) }
            state.events.append(event)
            return (true, Self.schedule(&state))
        }
        if isNews { loop.schedule(self) }
        return isOpen
    }

    /// Tells the loop of something and waits for its outcome, for as long as `timeout` allows.
    ///
    /// - Parameter weight: of a message for which room was taken, and is given back if the loop cannot be told
    func perform(
        within timeout: Duration? = nil, weight: Int? = nil, isolation: isolated (any Actor)? = #isolation,
        _ event: (Operation) -> ClientEvent
    ) async -> Outcome {
        let waiting = WaitingTask()
        let timer = timeout.map { timeout in
            Task {
                try? await Task.sleep(for: timeout)
                if let operation = waiting.end() { complete([(operation, .failed(.timedOut))]) }
            }
        }
        defer { timer?.cancel() }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let (isOpen, isNews) = state.withLock { state in
                    guard !state.isEnded else { return (false, false) }
                    let operation = state.operations.insert(continuation)
                    guard waiting.begin(operation) else {
                        _ = state.operations.remove(operation)
                        return (false, false)
                    }
                    state.events.append(event(operation))
                    return (true, Self.schedule(&state))
                }
                if !isOpen {
                    if let weight { admit(releasing: 1, weight) }
                    continuation.resume(returning: .failed(Task.isCancelled ? .cancelled : .stopped))
                }
                if isNews { loop.schedule(self) }
            }
        } onCancel: {
            if let operation = waiting.end() { complete([(operation, .failed(.cancelled))]) }
        }
    }

    /// Something was taken for which the loop had stopped reading.
    func readAgain() {
        let isNews = state.withLock { state in
            state.isTaken = true
            return Self.schedule(&state)
        }
        if isNews { loop.schedule(self) }
    }

    /// A number for one more subscription, whose messages go into `buffer`.
    func addBuffer(_ buffer: MessageBuffer) -> UInt32 {
        state.withLock { state in
            state.lastSubscription += 1
            if state.isEnded { buffer.end() } else { state.buffers[state.lastSubscription] = buffer }
            return state.lastSubscription
        }
    }

    static func schedule(_ state: inout State) -> Bool {
        guard state.isBegun, !state.isScheduled else { return false }
        state.isScheduled = true
        return true
    }

    // MARK: Room in the outbox

    /// Whether there is room for one more message now; it counts from then on.
    static func enter(_ weight: Int, _ state: inout State, _ limits: OutboxLimits) -> Bool {
        guard hasRoom(weight, state, limits), state.events.count < eventLimit || !state.isBegun, state.waiting.isEmpty
        else { return false }
        state.messages += 1
        state.bytes += weight
        return true
    }

    /// Where the oldest one makes room there always is some, once somebody is there to drop it.
    private static func hasRoom(_ weight: Int, _ state: borrowing State, _ limits: OutboxLimits) -> Bool {
        limits.whenFull == .dropOldest && state.isBegun
            || state.messages < limits.messages && (state.messages == 0 || state.bytes + weight <= limits.bytes)
    }

    /// Waits for room; false: the client is over or the task cancelled.
    func waitForRoom(_ weight: Int, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isOpen = state.withLock { state in
                    guard !state.isEnded, !Task.isCancelled else { return false }
                    state.waiting.append(Waiting(ticket: ticket, weight: weight, continuation: continuation))
                    return true
                }
                if !isOpen { continuation.resume(returning: false) }
                admit()
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0) }
            }
            waiting?.continuation.resume(returning: false)
        }
    }

    /// Lets publishers in that have room now.
    func admit(releasing messages: Int = 0, _ bytes: Int = 0, failed: Int = 0) {
        let admitted = state.withLock { state in
            state.failed += failed
            state.messages -= messages
            state.bytes -= bytes
            guard !state.waiting.isEmpty, state.events.count < Self.eventLimit else { return [Waiting]() }
            var admitted = 0
            let limits = configuration.outbox
            for waiting in state.waiting {
                guard Self.hasRoom(waiting.weight, state, limits), state.events.count + admitted < Self.eventLimit else { break }
                state.messages += 1
                state.bytes += waiting.weight
                admitted += 1
            }
            defer { state.waiting.removeFirst(admitted) }
            return Array(state.waiting.prefix(admitted))
        }
        for waiting in admitted { waiting.continuation.resume(returning: true) }
    }

    // MARK: What the loop tells

    /// Whoever waited for these goes on.
    func complete(_ outcomes: [(operation: Operation, outcome: Outcome)]) {
        let waiting = state.withLock { state in outcomes.map { (state.operations.remove($0.operation), $0.outcome) } }
        for (continuation, outcome) in waiting { continuation?.resume(returning: outcome) }
    }

    /// Tells `observer` how it stands, and each change.
    func observe(_ observer: AsyncStream<ConnectionState>.Continuation) {
        let (number, isOver) = state.withLock { state in
            state.lastObserver += 1
            if state.connection != nil || state.isEnded {
                observer.yield(state.isEnded ? .stopped(state.error) : state.connection ?? .stopped(nil))
            }
            if !state.isEnded { state.observers[state.lastObserver] = observer }
            return (state.lastObserver, state.isEnded)
        }
        if isOver { observer.finish() }
        observer.onTermination = { [weak self] _ in self?.state.withLock { _ = $0.observers.removeValue(forKey: number) } }
    }

    func tell(_ connection: ConnectionState) {
        let observers = state.withLock { state in
            state.connection = connection
            state.taken = CertainlyTaken(connection)
            return Array(state.observers.values)
        }
        for observer in observers { observer.yield(connection) }
    }

    /// Nothing more comes for a subscription; `error` says why.
    func end(_ subscription: UInt32, _ error: MQTTClientError) {
        let (buffer, requesters) = state.withLock { state in
            (
                state.buffers.removeValue(forKey: subscription),
                state.responses.subscription == subscription ? state.responses.end() : []
            )
        }
        buffer?.end()
        for requester in requesters { requester.resume(returning: .failure(error)) }
    }

    /// The client is over: nobody waits any longer.
    func finish(_ error: MQTTClientError?) {
        let (waiting, ending, operations, observers, buffers, responses) = state.withLock { state in
            state.isEnded = true
            state.error = error
            if case .stopped = state.connection {} else { for observer in state.observers.values { observer.yield(.stopped(error)) } }
            defer {
                state.waiting = []
                state.ending = []
                state.observers = [:]
                state.buffers = [:]
                state.events = []
            }
            return (
                state.waiting, state.ending, state.operations.removeAll(), Array(state.observers.values), Array(state.buffers.values),
                state.responses.removeAll()
            )
        }
        for publisher in waiting { publisher.continuation.resume(returning: false) }
        for continuation in operations { continuation.resume(returning: .failed(error ?? .stopped)) }
        for continuation in responses { continuation.resume(returning: .failure(error ?? .stopped)) }
        for buffer in buffers { buffer.end() }
        for observer in observers { observer.finish() }
        for continuation in ending { continuation.resume(returning: error) }
    }
}

/// Which operation a task waits for that may stop waiting at any moment.
private final class WaitingTask: Sendable {
    private let state = Locked<(operation: Operation?, isOver: Bool)>((nil, false))

    /// false: it does not wait any more.
    func begin(_ operation: Operation) -> Bool {
        state.withLock { state in
            state.operation = operation
            return !state.isOver
        }
    }

    func end() -> Operation? {
        state.withLock { state in
            state.isOver = true
            return state.operation
        }
    }
}

extension ClientInbox.CertainlyTaken {
    fileprivate init(_ connection: ConnectionState) {
        guard case .connected(let info) = connection else { return }
        // Less what PUBLISH has beside topic, payload and properties: 11 bytes at most.
        weight = Int(info.maximumPacketSize) - 11
        retain = info.retainAvailable
    }

    func contains(_ publication: Publication, weight: Int) -> Bool { weight <= self.weight && (retain || !publication.retain) }
}
