import Synchronization

/// What has come to the subscribers, counted by several threads at once.
final class Deliveries: Sendable {
    struct Counts {
        /// All, those of the warm-up and duplicates among them.
        var received = 0
        /// Messages due in the window, each once.
        var delivered = 0
        var duplicates = 0
        var outOfOrder = 0
        /// Messages that came and are none of this run.
        var foreign = 0
        var lastArrival: UInt64 = 0
        var latency = LatencyHistogram()
    }

    /// When what is counted is due, on the monotonic clock.
    let window: Range<UInt64>
    private let parts = (0..<8).map { _ in Part() }

    private final class Part: Sendable {
        let counts = Mutex(Counts())
    }

    init(window: Range<UInt64>) { self.window = window }

    /// Of all subscribers together.
    var counts: Counts {
        var sum = Counts()
        for part in parts {
            let counts = part.counts.withLock { $0 }
            sum.received += counts.received
            sum.delivered += counts.delivered
            sum.duplicates += counts.duplicates
            sum.outOfOrder += counts.outOfOrder
            sum.foreign += counts.foreign
            sum.lastArrival = max(sum.lastArrival, counts.lastArrival)
            sum.latency.add(counts.latency)
        }
        return sum
    }

    /// Without the latencies, which take longer to add up.
    var progress: (received: Int, delivered: Int) {
        parts.reduce(into: (0, 0)) { sum, part in
            part.counts.withLock { sum = (sum.0 + $0.received, sum.1 + $0.delivered) }
        }
    }

    func note(_ arrival: SequenceTracker.Arrival, due: UInt64, at now: UInt64, subscriber: Int) {
        parts[subscriber % parts.count].counts.withLock { counts in
            counts.received += 1
            guard window.contains(due) else { return }
            guard arrival != .duplicate else { return counts.duplicates += 1 }
            if arrival == .late { counts.outOfOrder += 1 }
            counts.delivered += 1
            counts.lastArrival = max(counts.lastArrival, now)
            counts.latency.record(now - min(due, now))
        }
    }

    func noteForeign(subscriber: Int) { parts[subscriber % parts.count].counts.withLock { $0.foreign += 1 } }
}

/// Follows the streams as one subscriber receives them, or all members of a Shared Subscription, who have each message once among them.
final class SharedStreams: Sendable {
    private let trackers = Mutex<[UInt32: SequenceTracker]>([:])

    func note(_ stamp: MessageStamp) -> SequenceTracker.Arrival {
        trackers.withLock { $0[stamp.stream, default: SequenceTracker()].note(stamp.sequence) }
    }
}
