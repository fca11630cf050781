import MQTTCodec
import MQTTSession
import Primitives

/// What becomes of a PUBLISH: what its acknowledgement says, now or when other shards have answered.
struct PublishOutcome: BitwiseCopyable {
    var reasonCode: ReasonCode
    /// What the acknowledgement waits for; `PendingAcknowledgement.none`: nothing.
    var pending = PendingAcknowledgement.none
    /// It promises what has to be on disk first.
    var isPromise = false

    init(_ reasonCode: ReasonCode) { self.reasonCode = reasonCode }
}

/// One PUBLISH from a client: alias → quota → access → retain → route → acknowledgement.
extension BrokerCore {
    /// Deals with a PUBLISH; `publish` borrows bytes that stay until the end of the tick.
    public mutating func handle(_ publish: PublishView, from connection: UInt32, at now: Instant, into actions: inout Actions) {
        guard isConnected(connection, at: now, into: &actions) else { return }
        counters.publishReceived &+= 1
        counters.publishBytesReceived &+= UInt64(publish.payload.count)
        let sender = connections.pointer(to: connection)
        var topic = publish.topic
        if publish.topicAlias != 0 || topic.isEmpty {
            if let error = resolveAlias(publish.topicAlias, &topic, sender) {
                end(connection, error, at: now, into: &actions)
                return
            }
        }
        if publish.qos > sender.pointee.maximumQoS {  // [MQTT-3.2.2-11]
            end(connection, .qosNotSupported, at: now, into: &actions)
            return
        }
        if publish.retain, !sender.pointee.retainAvailable {  // [MQTT-3.2.2-14]
            end(connection, .retainNotSupported, at: now, into: &actions)
            return
        }
        let session = sender.pointee.session
        if publish.qos == .exactlyOnce, !admit(publish.packetID, connection, at: now, into: &actions) { return }
        if publish.qos == .atLeastOnce, isInUse(publish.packetID, session) {
            acknowledge(.puback, publish.packetID, PublishOutcome(.packetIdentifierInUse), to: connection, into: &actions)
            return
        }
        if publish.qos == .atLeastOnce, sessions.pointer(to: session).pointee.pendingPubacks > 0, exceedsReceiveMaximum(session, connection)
        {
            end(connection, .receiveMaximumExceeded, at: now, into: &actions)
            return
        }

        let extent = journal.extent
        var outcome = PublishOutcome(refusal(of: topic))
        if outcome.reasonCode == .success {
            let message = borrow(publish, topic: topic, at: now)
            outcome = accept(message, from: session, isAcknowledged: publish.qos != .atMostOnce, at: now, into: &actions)
            messages.release(message)
            if publish.qos == .exactlyOnce, !outcome.reasonCode.isFailure {
                keepReceived(publish.packetID, of: sessions.pointer(to: session))
            }
            if journal.extent != extent {
                outcome.isPromise = true
                if isDiskBehind { waitForDisk() }
            }
        } else {
            dropped(topic, for: session, outcome.reasonCode == .notAuthorized ? .notAuthorized : .topicRefused)
        }
        switch publish.qos {
        case .atMostOnce: break
        case .atLeastOnce:  // [MQTT-3.3.4-1] [MQTT-4.3.2-4]
            acknowledge(.puback, publish.packetID, outcome, to: connection, into: &actions)
        case .exactlyOnce:  // [MQTT-4.3.3-8]; a refused identifier is not remembered [MQTT-4.3.3-9]
            if !outcome.reasonCode.isFailure { sessions[session].inbound.insert(publish.packetID) }
            acknowledge(.pubrec, publish.packetID, outcome, to: connection, into: &actions)
        }
        if !doomed.isEmpty { disconnectDoomed(at: now, into: &actions) }
    }

    /// Retains and routes a message; what its acknowledgement will say, and whether it has to wait for other shards.
    @inline(__always)
    mutating func accept(
        _ message: UInt32, from session: UInt32, isAcknowledged: Bool, at now: Instant, into actions: inout Actions
    ) -> PublishOutcome {
        let content = messages.pointer(to: message)
        var stamp = RetainedStamp()
        if content.pointee.retain {
            guard let stamped = retain(message, from: session, at: now) else {
                dropped(content.pointee.topicBytes, for: session, .retainedFull)
                return PublishOutcome(.quotaExceeded)
            }
            stamp = stamped
        }
        let entry = resolve(content.pointee.topicBytes)
        let interested = router.entry(entry).pointee.peers
        let result = route(message, along: entry, from: session, at: now, into: &actions)
        var outcome = PublishOutcome(result.reasonCode)
        if !interested.isEmpty || (content.pointee.retain && !outbox.others.isEmpty) {
            outcome.pending = forward(message, stamp, wantedBy: interested, result, from: session, isAcknowledged: isAcknowledged)
            // Until the other shards have answered, their receivers count as served.
            if !interested.isEmpty { outcome.reasonCode = .success }
        }
        return outcome
    }

    /// Ends the connection, and those of slow consumers its Will was too much for.
    @inline(never)
    private mutating func end(_ connection: UInt32, _ error: ProtocolError, at now: Instant, into actions: inout Actions) {
        disconnect(connection, .protocolError(error), at: now, into: &actions)
        disconnectDoomed(at: now, into: &actions)
    }

    /// Sets and looks up Topic Aliases [MQTT5 §3.3.2.3.4]; nil when `topic` is now the Topic Name.
    @inline(never)
    private mutating func resolveAlias(
        _ alias: UInt16, _ topic: inout UnsafeRawBufferPointer, _ sender: UnsafeMutablePointer<Connection>
    ) -> ProtocolError? {
        guard alias != 0 else { return .topicAliasUnknown }
        guard sender.pointee.inboundAliases.allows(alias) else { return .topicAliasInvalid }
        if topic.isEmpty {
            guard let known = sender.pointee.inboundAliases.topic(for: alias) else { return .topicAliasUnknown }
            topic = known.buffer
        } else {
            sender.pointee.inboundAliases.set(alias, to: topic)
        }
        return nil
    }

    /// Whether a QoS 2 message is new. One that comes again is acknowledged again and goes no further [MQTT-4.3.3-10];
    /// more at a time than the Receive Maximum end the connection [MQTT-3.3.4-7].
    @inline(never)
    private mutating func admit(
        _ packetID: UInt16, _ connection: UInt32, at now: Instant, into actions: inout Actions
    ) -> Bool {
        let session = connections[connection].session
        if sessions.pointer(to: session).pointee.inbound.contains(packetID) {
            if !awaitsPubrec(packetID, of: session, on: connection) {
                var again = PublishOutcome(.success)
                again.isPromise = true
                acknowledge(.pubrec, packetID, again, to: connection, into: &actions)
            }
            return false
        }
        if exceedsReceiveMaximum(session, connection) {
            end(connection, .receiveMaximumExceeded, at: now, into: &actions)
            return false
        }
        return true
    }

    /// Whether one more message is more than the client may have unacknowledged. In 3.x there are only so many identifiers.
    @inline(never)
    private mutating func exceedsReceiveMaximum(_ session: UInt32, _ connection: UInt32) -> Bool {
        let sender = connections.pointer(to: connection)
        let unacknowledged = sessions.pointer(to: session).pointee.inbound.count + Int(sessions.pointer(to: session).pointee.pendingPubacks)
        return unacknowledged >= (sender.pointee.version == .v5 ? Int(sender.pointee.receiveMaximum) : 65_535)
    }

    /// Whether an MQTT 5.0 client uses an identifier whose QoS 2 exchange goes on for something else [MQTT-2.2.1-3].
    @inline(__always) mutating func isInUse(_ packetID: UInt16, _ session: UInt32) -> Bool {
        let session = sessions.pointer(to: session)
        return session.pointee.inbound.count > 0 && session.pointee.version == .v5 && session.pointee.inbound.contains(packetID)
    }

    /// Why a well-formed Topic Name is not let in, or success. `$SYS` is the broker's own, `$share` is no topic; other
    /// topics that begin with `$` are forwarded.
    mutating func refusal(of topic: UnsafeRawBufferPointer) -> ReasonCode {
        if topic.count > options.limits.topicBytes { return .topicNameInvalid }
        if topic.count >= options.limits.topicLevels, TopicName.levelCount(topic) > options.limits.topicLevels { return .topicNameInvalid }
        if topic[0] == UInt8(ascii: "$") {
            if Self.isBelow("$SYS", topic) { return .notAuthorized }
            if Self.isBelow("$share", topic) { return .topicNameInvalid }
        }
        return .success
    }

    static func isBelow(_ first: StaticString, _ topic: UnsafeRawBufferPointer) -> Bool {
        let count = first.utf8CodeUnitCount
        guard topic.count >= count, topic.prefix(count).elementsEqual(UnsafeBufferPointer(start: first.utf8Start, count: count)) else {
            return false
        }
        return topic.count == count || topic[count] == UInt8(ascii: "/")
    }

    /// The message in the table, its parts where they were read; only properties that must not be forwarded make a copy.
    @inline(__always)
    private mutating func borrow(_ publish: PublishView, topic: UnsafeRawBufferPointer, at now: Instant) -> UInt32 {
        var properties = publish.properties
        if !publish.propertiesAreForwardable {
            let scratch = propertyScratch.reserve(properties.count)
            let count = PublishProperties.forwardable(properties, into: scratch)
            properties = UnsafeRawBufferPointer(start: scratch, count: count)
        }
        let message = messages.borrow(
            topic: topic, properties: properties, payload: publish.payload, qos: publish.qos, retain: publish.retain,
            expires: publish.messageExpirySeconds.map { now.advanced(bySeconds: $0) } ?? .never)
        // The scratch bytes and a topic behind an alias may change before the tick ends.
        if !publish.propertiesAreForwardable || publish.topic.isEmpty { messages.own(message) }
        return message
    }
}
