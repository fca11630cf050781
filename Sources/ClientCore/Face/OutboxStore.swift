/// Where an outbox is kept so that it survives the process: `MQTTOutbox` has one on disk.
///
/// The client calls it from one thread; it works on a thread of its own, in the order of the calls, and answers from there.
public protocol OutboxStore: Sendable {
    /// What an earlier run left. Called once, before anything else.
    func open() throws(OutboxStoreError) -> StoredOutbox
    /// Makes all changes durable, together and in their order, then answers.
    func commit(_ changes: [OutboxChange], whenDone: @escaping @Sendable (Result<Void, OutboxStoreError>) -> Void)
    /// Reads messages with sequences above `sequence`, ascending, until `bytes` are read or there are no more. At least one if there is one.
    /// Exchanges under way are not among them.
    func load(
        after sequence: UInt64, bytes: Int, whenDone: @escaping @Sendable (Result<[StoredMessage], OutboxStoreError>) -> Void)
    /// Lets go of it, after everything asked for before.
    func close()
}

/// Why a store does not do what it should; `reason` says what to do.
public struct OutboxStoreError: Error, Sendable, Hashable {
    public var reason: String

    public init(reason: String) { self.reason = reason }
}
