import MQTTClient
import Synchronization

/// Subscribes as a command line says, and writes what comes.
struct Subscriber: Sendable {
    let notices: ConnectionNotices
    private let filters: [TopicSubscription]
    private let unwanted: [String]
    private let userProperties: [UserProperty]
    private let sink: MessageSink
    private let count: Int?
    private let removesRetained: Bool
    private let endsWhenSubscribed: Bool
    private let takesUpSession: Bool

    init(_ arguments: Arguments, _ options: ConnectionOptions) throws(Failure) {
        var names = arguments.texts(.filters) + arguments.operands
        if names.isEmpty, let topic = options.topic { names = [topic] }
        unwanted = arguments.texts(.unsubscribe)
        guard !names.isEmpty || !unwanted.isEmpty else {
            throw Failure(.wrongUsage, "expected a Topic Filter: -t FILTER, or behind the host of a URL")
        }
        let options5 = [Option.retainAsPublished, .noLocal, .retainHandling].filter(arguments.has)
        if options.configuration.version == .v3_1_1, let option = options5.first {
            throw Failure(.wrongUsage, "\(option.name): expected without -V 311, which has no such option")
        }
        takesUpSession = arguments.has(.keepSession)
        if !unwanted.isEmpty, !takesUpSession { throw Failure(.wrongUsage, "-U: expected together with -c and -i, which name the Session") }
        let handling: SubscriptionOptions.RetainHandling =
            switch arguments.text(.retainHandling) {
            case "new": .sendIfNew
            case "never": .doNotSend
            default: .sendAtSubscribe
            }
        filters = names.map { name in
            TopicSubscription(
                name, maximumQoS: arguments.qos(.maximumQoS), noLocal: arguments.has(.noLocal),
                retainAsPublished: arguments.has(.retainAsPublished), retainHandling: handling)
        }
        notices = ConnectionNotices(arguments)
        userProperties = options.properties.subscribe
        sink = try MessageSink(arguments)
        count = arguments.integer(.count)
        removesRetained = arguments.has(.removeRetained)
        endsWhenSubscribed = arguments.has(.exitWhenSubscribed)
    }

    func receive(with client: MQTTClient, until deadline: Deadline) async throws {
        guard let everySource = try await deadline.run({ try await sources(client) }) else {
            try Task.checkCancellation()
            throw Failure(.timedOut, "not subscribed in \(deadline.words): the broker has not answered")
        }
        if endsWhenSubscribed || filters.isEmpty {
            // A subscription ends with its last user; that of a Session that stays must not, so the connection ends first.
            await client.disconnect()
            return withExtendedLifetime(everySource) {}
        }
        let isInTime = try await deadline.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                if sink.reports { group.addTask { try await sink.reportEachSecond() } }
                for source in everySource { group.addTask { try await write(source, client) } }
                // The report goes on until it is cancelled; the first to end is a source that has all that was wanted.
                try await group.next()
            }
            return true
        }
        try sink.end()
        let dropped = everySource.reduce(0) { $0 + $1.droppedMessages }
        if dropped > 0 { notices.warn("\(Quantity.count(dropped)) messages of QoS 0 came faster than they could be written, and are lost") }
        try Task.checkCancellation()
        if isInTime == nil, let count {
            throw Failure(.timedOut, "\(sink.written) of \(count) messages came in \(deadline.words)")
        }
    }

    /// Subscribes and unsubscribes; where what is wanted comes from.
    private func sources(_ client: MQTTClient) async throws -> [MQTTSubscription] {
        var sources: [MQTTSubscription] = []
        if !filters.isEmpty { sources.append(try await subscribe(client)) }
        for filter in unwanted { try await end(filter, of: client) }
        if takesUpSession, !filters.isEmpty, !endsWhenSubscribed { sources.append(client.unclaimedMessages(acknowledgement: .manual)) }
        return sources
    }

    private func subscribe(_ client: MQTTClient) async throws -> MQTTSubscription {
        let subscription = try await client.subscribe(
            to: filters, acknowledgement: takesUpSession ? .manual : .automatic, userProperties: userProperties)
        for (filter, grant) in zip(filters, subscription.grants) {
            if grant.isFailure {
                notices.warn("\(filter.filter): the broker refused this subscription (\(grant)); the others stand")
            } else {
                notices.debug("subscribed to \(filter.filter), QoS \(grant.rawValue)")
            }
        }
        return subscription
    }

    /// Ends a subscription that an earlier run has made.
    private func end(_ filter: String, of client: MQTTClient) async throws {
        // The library ends subscriptions it knows: made once more, without what is retained, it is one of those.
        try await client.subscribe(to: [TopicSubscription(filter, retainHandling: .doNotSend)]).unsubscribe()
        notices.debug("unsubscribed from \(filter)")
    }

    private func write(_ source: MQTTSubscription, _ client: MQTTClient) async throws {
        guard takesUpSession else {
            for await message in source where try await isLast(message, client) { return }
            return
        }
        // As above. And what is written is acknowledged at once: there will be no next one to ask for.
        var iterator = source.makeAsyncIterator()
        do {
            while let message = await iterator.next() {
                let isLast = try await isLast(message, client)
                source.acknowledge(message)
                if isLast { break }
            }
        } catch {
            await client.disconnect(flushing: .zero)
            throw withExtendedLifetime(iterator) { error }
        }
        await client.disconnect()
        withExtendedLifetime(iterator) {}
    }

    /// Writes a message, if it is wanted; true: no other one is.
    private func isLast(_ message: MQTTMessage, _ client: MQTTClient) async throws -> Bool {
        switch try sink.take(Delivery(message, at: .now), wanting: count) {
        case .passedOver: return false
        case .over: return true
        case .written:
            if removesRetained, message.retain { try await client.enqueue([UInt8](), to: message.topic, qos: .atLeastOnce, retain: true) }
            return sink.written == count
        }
    }
}
