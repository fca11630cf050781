import MQTTCodec
import Primitives

/// What a shard tells another. Bytes lie in the batch that carries the message, or are shared.
enum PeerMessage: BitwiseCopyable {
    /// Whether the sender wants messages that match a filter; told when its first subscription comes and its last one goes.
    case interest(filter: UnsafeRawBufferPointer, isWanted: Bool)
    /// A message for the receiver's subscribers. `sequence` 0: it need not be confirmed.
    case publish(Message, sequence: UInt64)
}
