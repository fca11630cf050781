import MQTTClient
import MQTTTestServer
import Synchronization
import Testing

@Suite("The outbox in a store", .timeLimit(.minutes(1)))
struct OutboxStoreTests {
    @Test("What is enqueued while the store is being opened is in the store when it is accepted, behind what is there")
    func whileOpening() async throws {
        let server = try MQTTTestServer()
        // With another client the loop runs already.
        try await MQTTClient.withConnection(server.configuration) { _ in
            let store = SlowlyOpenedStore()
            var configuration = server.configuration
            configuration.outboxStore = store
            let client = MQTTClient(configuration)
            store.isOpenWhen { client.outboxCount == 1 }
            async let run: Void = client.run()
            while !store.isOpening { await Task.yield() }
            try await client.enqueue("first of this run", to: "a")
            #expect(store.added == [8])
            await client.disconnect()
            try await run
        }
    }
}

/// Holds nothing but that there were seven messages, and takes until a condition holds to say so.
private final class SlowlyOpenedStore: OutboxStore {
    private struct State {
        var isOpening = false
        var added: [UInt64] = []
        var isOpen: @Sendable () -> Bool = { true }
    }

    private let state = Mutex(State())

    var isOpening: Bool { state.withLock { $0.isOpening } }
    /// The sequences of what it was given.
    var added: [UInt64] { state.withLock { $0.added } }

    func isOpenWhen(_ condition: @escaping @Sendable () -> Bool) { state.withLock { $0.isOpen = condition } }

    func open() -> StoredOutbox {
        let isOpen = state.withLock { state in
            state.isOpening = true
            return state.isOpen
        }
        let deadline = ContinuousClock.now.advanced(by: .seconds(5))
        while !isOpen(), ContinuousClock.now < deadline {}
        return StoredOutbox(lastSequence: 7)
    }

    func commit(_ changes: [OutboxChange], whenDone: @escaping @Sendable (Result<Void, OutboxStoreError>) -> Void) {
        state.withLock { state in
            state.added += changes.compactMap { change in if case .add(let message) = change { message.sequence } else { nil } }
        }
        whenDone(.success(()))
    }

    func load(after sequence: UInt64, bytes: Int, whenDone: @escaping @Sendable (Result<[StoredMessage], OutboxStoreError>) -> Void) {
        whenDone(.success([]))
    }

    func close() {}
}
