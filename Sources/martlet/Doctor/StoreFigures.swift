import BrokerRecords

/// What is in a store, counted.
struct StoreFigures: Equatable {
    struct Amount: Equatable {
        var count = 0
        var bytes = 0

        mutating func add(_ bytes: Int) {
            count += 1
            self.bytes += bytes
        }

        mutating func remove(_ bytes: Int) {
            count -= 1
            self.bytes -= bytes
        }
    }

    /// Messages that wait for somebody.
    struct Queue: Equatable {
        var waiting = Amount()
        /// Sent and not acknowledged.
        var inFlight = Amount()
        /// When the first of them came, in nanoseconds since 1970.
        var oldest: Int64?

        var isEmpty: Bool { waiting.count + inFlight.count == 0 }
        var messages: Int { waiting.count + inFlight.count }
        var bytes: Int { waiting.bytes + inFlight.bytes }

        mutating func add(_ message: StoredMessage, isInFlight: Bool) {
            if isInFlight { inFlight.add(message.contentBytes) } else { waiting.add(message.contentBytes) }
            oldest = min(oldest ?? .max, message.arrived)
        }
    }

    struct Session: Equatable {
        let record: SessionRecord
        var queue = Queue()
    }

    /// How many shards there were; nil: nobody has written it.
    var shards: Int?
    /// By their numbers.
    var sessions: [UInt64: Session] = [:]
    /// What waits for any member of a Shared Subscription.
    var shares: [StoredMessage.Share: Queue] = [:]
    var subscriptions = 0
    var retained = Amount()
    /// Each stored once, for however many.
    var messages = Amount()
    var wills = 0
    /// QoS 2 messages that came and are not released.
    var received = 0
    /// QoS 2 messages that went and are released.
    var released = 0
    var unconfirmed = 0

    /// Messages once for each that gets them.
    func sum(_ part: KeyPath<Queue, Amount>) -> Amount {
        let queues = sessions.values.map(\.queue) + shares.values
        return queues.reduce(into: Amount()) { sum, queue in
            sum.count += queue[keyPath: part].count
            sum.bytes += queue[keyPath: part].bytes
        }
    }
}

extension SessionRecord {
    enum State: String, CaseIterable {
        case connected, disconnected, expired
    }

    /// - Parameter now: in nanoseconds since 1970
    func state(at now: Int64) -> State {
        disconnectedAt == 0 ? .connected : secondsLeft(at: now).map { $0 <= 0 } == true ? .expired : .disconnected
    }

    /// Until it expires; nil: it does not, or not yet.
    func secondsLeft(at now: Int64) -> Int? {
        guard disconnectedAt != 0, expirySeconds != .max else { return nil }
        return Int(expirySeconds) - secondsAway(at: now)
    }

    /// Since its connection ended.
    func secondsAway(at now: Int64) -> Int { disconnectedAt == 0 ? 0 : max(0, Self.seconds(from: disconnectedAt, to: now)) }

    /// Without a trap for moments that nobody has lived.
    static func seconds(from start: Int64, to end: Int64) -> Int { Int(end / 1_000_000_000) - Int(start / 1_000_000_000) }
}
