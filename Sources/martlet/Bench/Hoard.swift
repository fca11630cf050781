import MQTTClient

/// Messages that the broker is to hold, retained or queued, and then to give all at once.
extension BenchRun {
    /// Takes all of them, whatever the pace of the broker.
    var hoardOutbox: OutboxLimits {
        var limits = OutboxLimits()
        limits.messages = hoardCount + 1
        limits.bytes = hoardCount * (workload.size + 256)
        return limits
    }

    private var hoardCount: Int { workload.messages ?? 0 }

    /// Publishes them with `send`, which is given 0, 1, 2, …, and returns when the broker has acknowledged all.
    func publishHoard(
        with client: MQTTClient, as word: String, _ send: @Sendable (Int) async throws(MQTTClientError) -> Void
    ) async throws(Failure) {
        let isDone = try await progress.during({ "\(word): \(Quantity.count(client.outboxCount)) to go" }) { () throws(Failure) in
            do {
                for number in 0..<hoardCount { try await send(number) }
            } catch {
                throw Self.failure(error)
            }
            let isDone = await Settling.wait(for: 0, limit: .seconds(300)) { -client.outboxCount }
            if Task.isCancelled { throw Failure(.interrupted, nil) }
            return isDone
        }
        if !isDone { throw Failure(.timedOut, "\(word): the broker acknowledges no more; \(client.outboxCount) messages are left") }
    }

    /// Subscribes with every client at once and counts what comes while `work` is done.
    ///
    /// - Parameter isOrdered: they should come in the order of their numbers, as those of a topic do
    func hoarded(
        by fleet: Fleet, into deliveries: Deliveries, isOrdered: Bool, while work: @escaping @Sendable () async throws(Failure) -> Void
    ) async throws(Failure) {
        let filter = TopicSubscription("\(layout.root)/#", maximumQoS: workload.qos)
        let result = await withTaskGroup(of: Result<Void, Failure>?.self) { group in
            for (number, client) in fleet.clients.enumerated() {
                group.addTask {
                    do throws(MQTTClientError) {
                        let begin = MonotonicClock.now()
                        let subscription = try await client.subscribe(to: [filter])
                        await count(subscription, deliveries, begin: begin, subscriber: number, isOrdered: isOrdered)
                        return nil
                    } catch {
                        return Task.isCancelled ? nil : .failure(Failure(error))
                    }
                }
            }
            group.addTask {
                do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
            }
            defer { group.cancelAll() }
            for await result in group { if let result { return result } }
            return .success(())
        }
        try result.get()
    }

    /// Returns when all has come, or nothing comes any more.
    func settle(_ deliveries: Deliveries) async throws(Failure) {
        try await progress.during({ "taking: \(Quantity.count(deliveries.progress.delivered)) delivered" }) { () throws(Failure) in
            await Settling.wait(for: hoardCount * workload.subscribers, limit: .seconds(300)) { deliveries.progress.delivered }
            if Task.isCancelled { throw Failure(.interrupted, nil) }
        }
    }

    /// - Parameter start: when the broker was first asked to give them
    func hoardFigures(_ deliveries: Deliveries, since: String, start: UInt64, publishedSeconds: Double) -> BenchReport.MessageFigures {
        let counts = deliveries.counts
        var figures = BenchReport.MessageFigures(since: since)
        figures.published = hoardCount
        figures.publishedSeconds = publishedSeconds
        figures.expected = hoardCount * workload.subscribers
        figures.delivered = counts.delivered
        figures.deliveredSeconds = Double(counts.lastArrival - min(start, counts.lastArrival)) / 1e9
        figures.duplicates = counts.duplicates
        figures.outOfOrder = counts.outOfOrder
        figures.latency = counts.latency
        return figures
    }

    private func count(
        _ subscription: MQTTSubscription, _ deliveries: Deliveries, begin: UInt64, subscriber: Int, isOrdered: Bool
    ) async {
        var isSeen = [Bool](repeating: false, count: isOrdered ? 0 : hoardCount)
        var tracker = SequenceTracker()
        for await message in subscription {
            let now = MonotonicClock.now()
            guard let stamp = MessageStamp(message.payload, streams: 1), stamp.sequence < hoardCount else {
                deliveries.noteForeign(subscriber: subscriber)
                continue
            }
            var arrival = SequenceTracker.Arrival.inOrder
            if isOrdered {
                arrival = tracker.note(stamp.sequence)
            } else if isSeen[Int(stamp.sequence)] {
                arrival = .duplicate
            } else {
                isSeen[Int(stamp.sequence)] = true
            }
            deliveries.note(arrival, due: begin, at: now, subscriber: subscriber)
        }
    }
}
