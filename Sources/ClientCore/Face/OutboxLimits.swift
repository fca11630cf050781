/// How much an outbox holds, and what happens when it is full.
public struct OutboxLimits: Sendable, Hashable {
    /// Messages accepted and not yet acknowledged.
    public var messages = 100_000
    /// Bytes of their topics, payloads and properties.
    public var bytes = 67_108_864
    /// Bytes of them in memory when there is a store; the rest is read again when its turn comes.
    public var bytesInMemory = 8_388_608
    public var whenFull = WhenFull.wait

    /// What happens to a message for which there is no room.
    public enum WhenFull: Sendable, Hashable, CaseIterable {
        /// Its publisher waits until there is.
        case wait
        /// Its publisher gets `MQTTClientError.outboxFull`.
        case refuse
        /// The oldest message that is not in flight is dropped; its publisher gets `MQTTClientError.dropped`. Before the client runs, as `wait`.
        case dropOldest
    }

    public init() {}
}
