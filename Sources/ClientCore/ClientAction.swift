import MQTTCodec
import Primitives

/// What a client asks its owner to do.
public enum ClientAction: Sendable, Hashable {
    /// Connect to this server; answered by `opened` or `openFailed`.
    case open(ServerAddress)
    /// Write what is in the output, then close. Nothing more is to be told of this connection.
    case close
    /// Tell the application.
    case state(ConnectionState)
    case completed(Operation, Outcome)
    /// Nothing more will come for this subscription.
    case ended(subscription: UInt32, MQTTClientError)
    /// Make these changes durable, then tell `committed` with this number.
    case commit([OutboxChange], number: UInt64)
    /// Read stored messages; answered by `loaded`.
    case load(after: UInt64, bytes: Int)
    /// The client is over; no action follows.
    case finished(MQTTClientError?)
}

/// What became of an operation.
public enum Outcome: Sendable, Hashable {
    case done(ReasonCode)
    case granted([ReasonCode])
    case failed(MQTTClientError)
}

/// Everything a client has to have done, in order: first `output` is written, then `list` is carried out.
///
/// The owner empties it and uses it again.
public struct ClientActions: ~Copyable {
    public var list: [ClientAction] = []
    /// Messages that came, for the subscriptions they are for.
    public var received: [(subscription: UInt32, message: ReceivedMessage)] = []
    /// Bytes to write to the connection.
    public var output = ByteBuffer(capacity: 4_096)
    /// What the outbox no longer holds.
    public var releasedMessages = 0
    public var releasedBytes = 0
    /// Of these, messages that did not get through and whose publishers do not wait to be told.
    public var failedMessages = 0

    public init() {}

    public mutating func append(_ action: ClientAction) { list.append(action) }

    mutating func complete(_ operation: Operation, _ outcome: Outcome) {
        if operation != .nobody { list.append(.completed(operation, outcome)) }
    }

    /// Whether there is nothing to do.
    public var isEmpty: Bool {
        list.isEmpty && received.isEmpty && output.count == 0 && releasedMessages == 0 && releasedBytes == 0 && failedMessages == 0
    }
}
