import MQTTSession
import Primitives

/// A Shared Subscription: its members share the messages of one filter, each message goes to one of them [MQTT5 §4.8.2].
struct SharedSubscription: BitwiseCopyable {
    var shareName: SharedBytes
    var node: UInt32
    // Neighbours among the groups of the same filter.
    var next: UInt32
    var previous = Subscription.none
    /// Members in the order in which they subscribed.
    var firstMember = Subscription.none
    var lastMember = Subscription.none
    /// Whose turn it is.
    var turn = Subscription.none
    var memberCount: UInt32 = 0
    /// QoS 1 and 2 messages for which no member has room now, in order; what a leaving member did not acknowledge
    /// comes back to the front.
    var pending = RingQueue<Delivery>()
    var pendingBytes = 0
}
