import MQTTCodec

/// One Session's interest in one Topic Filter, or its membership in one Shared Subscription [MQTT5 §3.8.3.1].
struct Subscription: BitwiseCopyable {
    static let none = UInt32.max

    /// Or, of a member that another shard has, its row among the remote members.
    var session: UInt32
    /// The filter's node in the trie.
    var node: UInt32
    /// The Shared Subscription it is a member of.
    var group: UInt32
    /// 0: none.
    var identifier: UInt32
    var maximumQoS: QoS
    var noLocal: Bool
    var retainAsPublished: Bool
    /// A member of a Shared Subscription of this shard whose session another shard has.
    var isRemote = false
    /// Its session outlives its connection.
    var isDurable = false
    /// Its number on disk; 0: it is not there, or another shard has it.
    var record: UInt64 = 0

    /// The walk through the Retained Messages that is still under way for it.
    var retainedCursor = RetainedCursor.none

    // Neighbours among the subscriptions of the same filter (or members of the same group), and of the same session.
    var next: UInt32 = none
    var previous: UInt32 = none
    var nextOfSession: UInt32 = none
    var previousOfSession: UInt32 = none
}
