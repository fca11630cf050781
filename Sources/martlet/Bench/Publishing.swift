import MQTTClient
import Synchronization

/// What has been published, and how well the schedule was kept.
struct PublishCounts: Sendable {
    /// All that the clients accepted, the warm-up included.
    var accepted = 0
    /// Those due in the window.
    var published = 0
    /// What they are to become at the subscribers.
    var expected = 0
    /// Due in the window, and there was no room left in the outbox: the broker is that far behind.
    var refused = 0
    /// When the last one of the window was accepted.
    var lastPublished: UInt64 = 0
    /// How late messages were handed to their clients.
    var lag = LatencyHistogram()

    mutating func add(_ other: PublishCounts) {
        accepted += other.accepted
        published += other.published
        expected += other.expected
        refused += other.refused
        lastPublished = max(lastPublished, other.lastPublished)
        lag.add(other.lag)
    }
}

/// Publishes the messages of a run.
struct Publishing: Sendable {
    let layout: Layout
    let clients: [MQTTClient]
    let begin: UInt64
    /// What is due then is counted; it ends when the window does.
    let window: Range<UInt64>
    let counts: Counts

    final class Counts: Sendable {
        let sum = Mutex(PublishCounts())
    }

    /// Publishes until the window ends, or the messages wanted are published, or the task is cancelled.
    func run() async throws(Failure) {
        guard let rate = layout.workload.publishedPerSecond else { return await publishUnlimited() }
        let thread = try PacingThread()
        let failure = await withTaskExecutorPreference(thread) { await publish(rate: rate) }
        thread.end()
        if let failure { throw Failure(failure) }
    }

    /// Keeps the schedule whatever the broker does (an open loop): message k is due at `begin` + k / rate, and says so.
    private func publish(rate: Double) async -> MQTTClientError? {
        var sequences = [UInt32](repeating: 0, count: layout.streams)
        let topics = (0..<layout.streams).map(layout.topic)
        for number in 0..<(layout.workload.messages ?? .max) {
            let due = begin + UInt64(Double(number) * 1e9 / rate)
            guard wait(until: min(due, window.upperBound)), due < window.upperBound else { break }
            let lag = MonotonicClock.now() - due
            let stream = number % layout.streams
            let stamp = MessageStamp(due: due, stream: UInt32(stream), sequence: sequences[stream])
            do throws(MQTTClientError) {
                try await send(stamp, topics[stream])
                sequences[stream] += 1
                counts.sum.withLock { note(stamp, lag: lag, in: &$0) }
            } catch .outboxFull {
                counts.sum.withLock { $0.refused += window.contains(due) ? 1 : 0 }
            } catch {
                return error
            }
        }
        return nil
    }

    /// Blocks the pacing thread; false: the task is cancelled.
    private func wait(until moment: UInt64) -> Bool {
        while !Task.isCancelled {
            let now = MonotonicClock.now()
            if now >= moment { return true }
            MonotonicClock.block(until: min(moment, now + 100_000_000))
        }
        return false
    }

    /// Every client as fast as its outbox empties; a message is due when its client turns to it.
    private func publishUnlimited() async {
        await MonotonicClock.wait(until: begin)
        let share = layout.workload.messages.map { max(1, $0 / clients.count) } ?? .max
        await withTaskGroup(of: Void.self) { group in
            for publisher in clients.indices { group.addTask { await publishUnlimited(publisher, messages: share) } }
        }
    }

    private func publishUnlimited(_ publisher: Int, messages: Int) async {
        let streams = Array(stride(from: publisher, to: layout.streams, by: clients.count))
        let topics = streams.map(layout.topic)
        var sequences = [UInt32](repeating: 0, count: streams.count)
        for number in 0..<messages {
            let due = MonotonicClock.now()
            if due >= window.upperBound || Task.isCancelled { return }
            let index = number % streams.count
            let stamp = MessageStamp(due: due, stream: UInt32(streams[index]), sequence: sequences[index])
            do throws(MQTTClientError) {
                try await send(stamp, topics[index])
            } catch {
                return
            }
            sequences[index] += 1
            counts.sum.withLock { note(stamp, lag: 0, in: &$0) }
        }
    }

    private func send(_ stamp: MessageStamp, _ topic: String) async throws(MQTTClientError) {
        let payload = stamp.payload(size: layout.workload.size)
        try await clients[layout.publisher(of: Int(stamp.stream))].enqueue(payload, to: topic, qos: layout.workload.qos)
    }

    private func note(_ stamp: MessageStamp, lag: UInt64, in counts: inout PublishCounts) {
        counts.accepted += 1
        guard window.contains(stamp.due) else { return }
        counts.published += 1
        counts.expected += layout.receivers(of: Int(stamp.stream))
        counts.lastPublished = stamp.due + lag
        if layout.workload.rate != .unlimited { counts.lag.record(lag) }
    }
}
