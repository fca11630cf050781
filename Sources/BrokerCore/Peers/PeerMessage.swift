import MQTTCodec
import Primitives

/// What a shard tells another. What a case points to lies in the batch that carries it, or is shared.
enum PeerMessage: BitwiseCopyable {
    /// Whether the sender wants messages that match a filter: told when its first subscription to it comes and when its
    /// last one goes.
    case interest(filter: UnsafeRawBufferPointer, isWanted: Bool)
    /// A message for the receiver's subscribers. `sequence` counts what the sender wants confirmed; 0: need not be.
    case publish(Message, sequence: UInt64)
    /// A message to be retained, or one that clears, and for the receiver's subscribers.
    case retained(Message, UnsafePointer<RetainedCrossing>)
    /// The receiver's publishes up to this number have been dealt with.
    case confirmed(UInt64)
    /// So has this one, but a bound refused it.
    case refused(UInt64)
    /// To be answered under this name when all shards know what the receiver has told them because of what came before.
    case ask(UInt32)
    case answered(UInt32)
    /// A session of the sender, which may outlive its connection, joins a Shared Subscription of the receiver; `name` is
    /// share name and filter, end to end.
    case join(Membership, maximumQoS: QoS, isDurable: Bool, name: UnsafeRawBufferPointer, shareNameCount: Int)
    case leave(Membership)
    case memberState(Membership, MemberState)
    /// Owner to member: what was given and is not acknowledged is for others now.
    case takeBack(Membership)
    /// Owner to member: a message.
    case give(Message, UnsafePointer<Giving>)
    /// Member to owner: a message its member will not acknowledge.
    case giveBack(Message, UnsafePointer<Giving>)
    /// What the receiver counts is asked for, for `$SYS`.
    case figuresWanted
    case figures(UnsafePointer<Figures>)
    /// A connection whose client belongs to the receiver, and what was read from it.
    case connection(name: Int32, listener: UInt16, bytes: UnsafeRawBufferPointer)

    /// The Application Message it carries.
    var sharedMessage: Message? {
        switch self {
        case .publish(let message, _), .retained(let message, _), .give(let message, _), .giveBack(let message, _): message
        case .interest, .confirmed, .refused, .ask, .answered, .join, .leave, .memberState, .takeBack, .figuresWanted, .figures,
            .connection:
            nil
        }
    }
}

/// What goes with a message to be retained.
struct RetainedCrossing: BitwiseCopyable {
    /// As for `publish`.
    var sequence: UInt64
    var stamp: RetainedStamp
}
