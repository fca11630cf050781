import MQTTCodec
import MQTTSession
import Primitives

/// What the broker keeps of a client, connected or not [MQTT5 §4.1].
struct Session: BitwiseCopyable {
    static let none = UInt32.max

    /// Why a message cannot simply be sent now.
    struct Backlog: OptionSet, BitwiseCopyable {
        var rawValue: UInt8
        static let offline = Backlog(rawValue: 1)
        /// The connection has not taken what was written to it.
        static let congested = Backlog(rawValue: 2)
        /// Older messages wait in `queue`.
        static let queued = Backlog(rawValue: 4)
        /// Exchanges of an earlier connection wait to be resent.
        static let resending = Backlog(rawValue: 8)
    }

    // What every delivery looks at comes first.
    var connection = Connection.none
    var backlog: Backlog = .offline
    var version = ProtocolVersion.v5
    /// Of the listener it is, or was last, connected to.
    var slowConsumer = ListenerOptions.SlowConsumerPolicy.dropOldest
    /// Whether it stands in the list of sessions with something to send in the next tick.
    var isDraining = false
    /// The client allows Topic Aliases on this connection.
    var usesTopicAliases = false
    var sendQuota = SendQuota(1)
    /// Bytes; the client's Maximum Packet Size.
    var maximumPacketSize = UInt32.max
    var flows = OutboundFlows()
    /// Set while a topic is resolved, to find the receiver entry of this session again.
    var resolveMark: UInt32 = 0
    var resolveIndex: UInt32 = 0

    /// Its number on disk; 0: it is not kept there.
    var number: UInt64 = 0
    var queue = RingQueue<Delivery>()
    /// What waits behind the queue, on disk only.
    var spilled = RingQueue<Spilled>()
    /// The first of them are being read, under this number, if it is not 0; and the last number that was used.
    var loading: UInt32 = 0
    var lastLoad: UInt32 = 0
    /// The last record that was asked for.
    var loadEnd: UInt64 = 0
    /// Of queue and spilled.
    var queuedBytes = 0
    var queuedAtMostOnce: UInt32 = 0
    /// Packet Identifiers to resend on this connection, in order [MQTT-4.4.0-1].
    var toResend = RingQueue<UInt16>()
    var inbound = InboundFlows()
    /// Acknowledgements that wait for other shards, in order, and how many of them are PUBACKs.
    var firstPending = PendingAcknowledgement.none
    var lastPending = PendingAcknowledgement.none
    var pendingPubacks: UInt32 = 0

    var clientID: SharedBytes
    var firstSubscription = Subscription.none
    var subscriptionCount: UInt32 = 0
    /// Memberships in Shared Subscriptions of other shards.
    var joinedGroups: UInt32 = 0
    /// Retained messages still to be sent for new subscriptions, first come first served.
    var firstRetainedCursor = RetainedCursor.none
    var lastRetainedCursor = RetainedCursor.none
    /// Seconds after the connection ends; .max: never.
    var expirySeconds: UInt32 = 0
    var expiryTimer = TimerWheel.none
    var will = Will.none
    var isBridge = false

    init(clientID: SharedBytes) { self.clientID = clientID }

    /// Gives the memory of the lists back; what they hold has been released.
    mutating func deallocate() {
        flows.deallocate()
        queue.deallocate()
        spilled.deallocate()
        toResend.deallocate()
        inbound.deallocate()
        clientID.release()
    }

    /// Messages that wait.
    var queuedCount: Int { queue.count + spilled.count }
    var isConnected: Bool { connection != Connection.none }
    var clientIDBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: clientID.bytes, count: clientID.count) }
}
