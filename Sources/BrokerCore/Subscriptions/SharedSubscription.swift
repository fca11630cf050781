import MQTTSession
import Primitives

/// A Shared Subscription: its members share the messages of one filter, each message goes to one of them [MQTT5 §4.8.2].
struct SharedSubscription: BitwiseCopyable {
    var shareName: SharedBytes
    /// The shard that keeps its order and chooses members; if it is another, this one only knows its own members.
    var owner: Int
    /// The owner's name for it, told with the first message.
    var ownersGroup: (slot: UInt32, generation: UInt32) = (Subscription.none, 0)
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
    /// Members whose sessions outlive their connections; without one, nothing of it is kept on disk.
    var durableMembers: UInt32 = 0
    /// QoS 1 and 2 messages for which no member has room now, in order; what a leaving member did not acknowledge
    /// comes back to the front.
    var pending = RingQueue<Delivery>()
    var pendingBytes = 0
    /// Counts the messages that came to it.
    var nextPlace: UInt32 = 0

    /// Puts a message where its place in the order is: at the end, or among the first if it has come back.
    mutating func insert(_ delivery: Delivery) {
        guard let last = pending.isEmpty ? nil : pending[pending.count - 1], Self.isBefore(delivery.place, last.place) else {
            pending.append(delivery)
            return
        }
        var earlier: [Delivery] = []
        while !pending.isEmpty, Self.isBefore(pending[0].place, delivery.place), let first = pending.popFirst() { earlier.append(first) }
        pending.prepend(delivery)
        for delivery in earlier.reversed() { pending.prepend(delivery) }
    }

    /// Places wrap.
    private static func isBefore(_ a: UInt32, _ b: UInt32) -> Bool { Int32(bitPattern: a &- b) < 0 }
}
