/// What a store holds when it is opened.
public struct StoredOutbox: Sendable, Hashable {
    /// Messages, those in flight included, and the bytes of their `content`.
    public var messages: Int
    public var bytes: Int
    /// The highest sequence ever stored, also of a message that is gone; 0: none.
    public var lastSequence: UInt64
    /// Exchanges that were under way, by ascending sequence.
    public var exchanges: [StoredExchange]

    public init(messages: Int = 0, bytes: Int = 0, lastSequence: UInt64 = 0, exchanges: [StoredExchange] = []) {
        self.messages = messages
        self.bytes = bytes
        self.lastSequence = lastSequence
        self.exchanges = exchanges
    }
}

/// A message as it is stored.
public struct StoredMessage: Sendable, Hashable {
    /// Its place in the order of the outbox.
    public var sequence: UInt64
    /// The message in the client's own form, which begins with the version of that form.
    public var content: [UInt8]

    public init(sequence: UInt64, content: [UInt8]) {
        self.sequence = sequence
        self.content = content
    }
}

/// A QoS 1 or 2 exchange as it is stored: without its message when PUBREC has come.
public struct StoredExchange: Sendable, Hashable {
    public var packetID: UInt16
    public var sequence: UInt64
    public var message: StoredMessage?

    public init(packetID: UInt16, sequence: UInt64, message: StoredMessage?) {
        self.packetID = packetID
        self.sequence = sequence
        self.message = message
    }
}

/// One change of a store.
public enum OutboxChange: Sendable, Hashable {
    /// A message was accepted.
    case add(StoredMessage)
    /// A message gets a Packet Identifier.
    case begin(packetID: UInt16, sequence: UInt64)
    /// PUBREC has come: the message goes, its exchange stays [MQTT-4.3.3-5].
    case release(packetID: UInt16, sequence: UInt64)
    /// The exchange is over; message and exchange go.
    case end(packetID: UInt16, sequence: UInt64)
    /// A message without exchange goes.
    case remove(sequence: UInt64)
    /// The exchanges are over because the Session is gone, and their messages are to be sent anew, as the first of the queue.
    case forgetExchanges
}
