import MQTTCodec
import Primitives

/// What a client, and so everybody, may expect of its Session.
final class Session {
    final class Subscription {
        let filter: String
        /// When SUBSCRIBE was sent, and when SUBACK was read.
        let requested: Moment
        var granted: Moment?
        /// When UNSUBSCRIBE was sent, and when it was known to have worked.
        var given: Moment?
        var ended: Moment?

        init(_ filter: String, requested: Moment) {
            self.filter = filter
            self.requested = requested
        }
    }

    /// A CONNECT that is not answered yet.
    struct Attempt {
        let at: Instant
        let cleanStart: Bool
    }

    /// When the broker saw a connection end: not before, not after. A kill leaves the second open until it is back.
    struct Ending {
        let earliest: Instant
        var latest: Instant
    }

    let index: Int
    let name: String
    /// 0: it ends with its connection.
    let expirySeconds: UInt32
    /// The client was told of it, and it cannot have ended since.
    var isKnown = false
    /// The client cannot know whether the broker has one, nor which.
    var isUncertain = true
    var attempt: Attempt?
    var isConnected = false
    var ending: Ending?
    var will: Publication?
    /// Of a connection before, until the next one decides about it.
    var formerWill: Publication?
    var subscriptions: [Subscription] = []
    /// Acknowledged to their publishers, and not yet here; of each flow in its order.
    var owed: [Publication.Flow: [Publication]] = [:]
    /// How often it came; what came at a QoS at which it comes once; and the last of each flow.
    var received: [String: Int] = [:]
    var receivedOnce: Set<String> = []
    var last: [Publication.Flow: Int] = [:]

    init(index: Int, name: String, expirySeconds: UInt32) {
        self.index = index
        self.name = name
        self.expirySeconds = expirySeconds
    }

    var isOwed: Bool { !owed.isEmpty }

    func forget() {
        isKnown = false
        subscriptions = []
        owed = [:]
        received = [:]
        receivedOnce = []
        last = [:]
    }
}
