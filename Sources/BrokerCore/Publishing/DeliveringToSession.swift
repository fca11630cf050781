import MQTTCodec
import MQTTSession
import Primitives

extension BrokerCore {
    /// Sends a message to one session now, or queues it behind what already waits. False when a bound refused it.
    /// The delivery's holds on message and identifiers are taken here.
    @inline(__always)
    mutating func deliver(_ delivery: Delivery, to slot: UInt32, at now: Instant, into actions: inout Actions) -> Bool {
        let session = sessions.pointer(to: slot)
        if delivery.qos == .atMostOnce {
            // QoS 0 may pass messages that wait for the quota, but no other QoS 0 message.
            if session.pointee.queuedAtMostOnce == 0, session.pointee.backlog.isDisjoint(with: [.offline, .congested]) {
                if fits(delivery, session) { send(delivery, packetID: 0, dup: false, to: session, into: &actions) }
                return true
            }
        } else if session.pointee.backlog.isEmpty, session.pointee.mayStartExchange {
            if fits(delivery, session) { startExchange(delivery, to: session, into: &actions) }
            // The owners of its groups are told that it has more to do now.
            if session.pointee.joinedGroups > 0 { scheduleDrain(slot) }
            return true
        }
        return enqueue(delivery, for: slot)
    }

    /// Opens a QoS 1 or QoS 2 exchange and sends its PUBLISH with DUP 0 [MQTT-4.3.2-2] [MQTT-4.3.3-2]. The exchange
    /// takes holds of its own.
    @inline(__always)
    mutating func startExchange(_ delivery: Delivery, to session: UnsafeMutablePointer<Session>, into actions: inout Actions) {
        messages.own(delivery.message)
        messages.retain(delivery.message)
        identifierSets.retain(delivery.subscriptionIdentifiers)
        session.pointee.sendQuota.take()
        let packetID = session.pointee.flows.start(delivery)
        send(delivery, packetID: packetID, dup: false, to: session, into: &actions)
    }

    /// Asks for one PUBLISH; the action takes holds of its own. Resent ones name their topic in full.
    @inline(__always)
    mutating func send(
        _ delivery: Delivery, packetID: UInt16, dup: Bool, to session: UnsafeMutablePointer<Session>, into actions: inout Actions
    ) {
        var action = PublishAction(
            connection: session.pointee.connection, message: delivery.message,
            subscriptionIdentifiers: delivery.subscriptionIdentifiers, packetID: packetID, topicAlias: 0, omitsTopic: false,
            qos: delivery.qos, dup: dup, retain: delivery.retain)
        if session.pointee.usesTopicAliases, !dup, isWithinMaximum(delivery, session, topicAlias: true) { chooseAlias(&action) }
        messages.retain(delivery.message)
        identifierSets.retain(delivery.subscriptionIdentifiers)
        actions.append(.publish(action))
    }

    private mutating func chooseAlias(_ action: inout PublishAction) {
        let topic = messages[action.message].topicBytes
        switch connections[action.connection].outboundAliases.choose(topic, hash: router.hashOf(topic)) {
        case .full: break
        case .set(let alias): action.topicAlias = alias
        case .use(let alias):
            action.topicAlias = alias
            action.omitsTopic = true
        }
    }

    /// Whether the client accepts a packet of this size; if not, the message counts as sent [MQTT-3.1.2-24] [MQTT-3.1.2-25].
    @inline(__always)
    mutating func fits(_ delivery: Delivery, _ session: UnsafeMutablePointer<Session>) -> Bool {
        if isWithinMaximum(delivery, session, topicAlias: false) { return true }
        dropped(delivery.message, for: session, .packetTooLarge)
        return false
    }

    @inline(__always)
    private func isWithinMaximum(_ delivery: Delivery, _ session: UnsafeMutablePointer<Session>, topicAlias: Bool) -> Bool {
        // Far from what a Remaining Length can say, with room for all that is added.
        if session.pointee.maximumPacketSize == .max, messages.pointer(to: delivery.message).pointee.size < 1 << 27 { return true }
        let layout = PublishLayout(
            message: messages.pointer(to: delivery.message).pointee, version: session.pointee.version, qos: delivery.qos,
            identifierBytes: identifierSets.bytes(of: delivery.subscriptionIdentifiers).count, topicAlias: topicAlias, omitsTopic: false)
        return layout.remainingLength <= MQTTCodec.maximumRemainingLength
            && layout.totalLength <= Int(session.pointee.maximumPacketSize)
    }

    /// Puts a message behind those that wait, within the bounds. False when it was refused.
    mutating func enqueue(_ delivery: Delivery, for slot: UInt32) -> Bool {
        let session = sessions.pointer(to: slot)
        if delivery.qos == .atMostOnce, session.pointee.backlog.contains(.offline) { return true }
        let size = messages[delivery.message].size
        let limits = options.limits
        if !queued.hasRoom(size, limit: limits.queuedBytesTotal) {
            dropped(delivery.message, for: session, .queuesFull)
            return false
        }
        if size > limits.queuedBytes {
            // However much made way for it.
            dropped(delivery.message, for: session, .queueFullNewest)
            return session.pointee.slowConsumer == .dropNewest
        }
        while session.pointee.queue.count >= limits.queuedMessages || session.pointee.queuedBytes + size > limits.queuedBytes {
            switch session.pointee.slowConsumer {
            case .dropOldest where !session.pointee.queue.isEmpty:
                guard let oldest = popQueue(session) else { continue }
                dropped(oldest.message, for: session, .queueFullOldest)
                release(oldest)
            case .disconnect where session.pointee.isConnected:
                dropped(delivery.message, for: session, .slowConsumer)
                doomed.append((session.pointee.connection, .slowConsumer))
                return false
            case .dropNewest:
                dropped(delivery.message, for: session, .queueFullNewest)
                return true
            case .dropOldest, .refuse, .disconnect:
                dropped(delivery.message, for: session, .queueFullNewest)
                return false
            }
        }
        messages.own(delivery.message)
        messages.retain(delivery.message)
        identifierSets.retain(delivery.subscriptionIdentifiers)
        session.pointee.queue.append(delivery)
        session.pointee.queuedBytes += size
        if delivery.qos == .atMostOnce { session.pointee.queuedAtMostOnce += 1 }
        session.pointee.backlog.insert(.queued)
        queued.add(size, isOffline: session.pointee.backlog.contains(.offline))
        return true
    }

    /// Takes the oldest message out of a queue; its holds pass to the caller.
    mutating func popQueue(_ session: UnsafeMutablePointer<Session>) -> Delivery? {
        guard let delivery = session.pointee.queue.popFirst() else { return nil }
        let size = messages[delivery.message].size
        session.pointee.queuedBytes -= size
        if delivery.qos == .atMostOnce { session.pointee.queuedAtMostOnce -= 1 }
        if session.pointee.queue.isEmpty { session.pointee.backlog.remove(.queued) }
        queued.remove(size, isOffline: session.pointee.backlog.contains(.offline), limit: options.limits.queuedBytesTotal)
        return delivery
    }

    /// Ends a delivery's holds on its message and its identifiers.
    @inline(__always) mutating func release(_ delivery: Delivery) {
        messages.release(delivery.message)
        identifierSets.release(delivery.subscriptionIdentifiers)
    }
}

extension Session {
    /// Room in the client's Receive Maximum [MQTT-3.3.4-9], and a free Packet Identifier.
    @inline(__always) var mayStartExchange: Bool { !sendQuota.isExhausted && flows.count < 65_000 }
}
