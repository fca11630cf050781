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
                settleShared(delivery)
                return true
            }
        } else if session.pointee.backlog.isEmpty, session.pointee.mayStartExchange {
            if !fits(delivery, session) {
                settleShared(delivery)
            } else if session.pointee.number != 0 || delivery.isClaimed {
                startKeptExchange(delivery, to: session, into: &actions)
            } else {
                startExchange(delivery, to: session, into: &actions)
            }
            // The owners of its groups are told that it has more to do now.
            if session.pointee.joinedGroups > 0 { scheduleDrain(slot) }
            return true
        }
        return enqueue(delivery, for: slot)
    }

    /// Opens a QoS 1 or QoS 2 exchange and sends its PUBLISH with DUP 0 [MQTT-4.3.2-2] [MQTT-4.3.3-2]. The exchange
    /// takes holds of its own.
    @inline(__always) @discardableResult
    mutating func startExchange(
        _ delivery: Delivery, to session: UnsafeMutablePointer<Session>, isPromise: Bool = false, into actions: inout Actions
    ) -> UInt16 {
        messages.own(delivery.message)
        messages.retain(delivery.message)
        identifierSets.retain(delivery.subscriptionIdentifiers)
        session.pointee.sendQuota.take()
        let packetID = session.pointee.flows.start(delivery)
        send(delivery, packetID: packetID, dup: false, to: session, isPromise: isPromise, into: &actions)
        return packetID
    }

    /// As above, of a session that is kept: the claim to the message is written with the identifier. A Shared
    /// Subscription has claimed its message; what it has begun at QoS 2 stays with this session.
    mutating func startKeptExchange(_ fresh: Delivery, to session: UnsafeMutablePointer<Session>, into actions: inout Actions) {
        var delivery = fresh
        if delivery.group == Delivery.noGroup {
            delivery.isClaimed = true
            let packetID = startExchange(delivery, to: session, into: &actions)
            claim(delivery, packetID: packetID, for: session)
        } else {
            resumeKeptExchange(delivery, to: session, into: &actions)
        }
    }

    /// Opens an exchange for a message that was on disk before it got its identifier. What a session that is not kept begins
    /// at QoS 2 ends with it [MQTT-4.8.2-5]: nobody else may find it on disk.
    mutating func resumeKeptExchange(_ claimed: Delivery, to session: UnsafeMutablePointer<Session>, into actions: inout Actions) {
        var delivery = claimed
        if session.pointee.number == 0 {
            let endsHere = delivery.isClaimed && delivery.qos == .exactlyOnce
            if endsHere {
                settleShared(delivery)
                delivery.isClaimed = false
            }
            startExchange(delivery, to: session, isPromise: endsHere, into: &actions)
            return
        }
        guard delivery.isClaimed else { return startOwnExchange(delivery, to: session, into: &actions) }
        delivery.hasExchangeRecord = (delivery.group == Delivery.noGroup || delivery.qos == .exactlyOnce)
        let packetID = startExchange(delivery, to: session, into: &actions)
        if delivery.hasExchangeRecord { keepExchange(packetID, delivery, isReleased: false, of: session) }
    }

    /// A Shared Subscription had nobody who is kept when the message came: from now on it is this session's own.
    private mutating func startOwnExchange(
        _ shared: Delivery, to session: UnsafeMutablePointer<Session>, into actions: inout Actions
    ) {
        var delivery = shared
        delivery.group = Delivery.noGroup
        delivery.message = messages.derive(shared.message)
        startKeptExchange(delivery, to: session, into: &actions)
        sealClaims(of: delivery.message)
        messages.release(delivery.message)
    }

    /// Asks for one PUBLISH; the action takes holds of its own. Resent ones name their topic in full.
    @inline(__always)
    mutating func send(
        _ delivery: Delivery, packetID: UInt16, dup: Bool, to session: UnsafeMutablePointer<Session>, isPromise: Bool = false,
        into actions: inout Actions
    ) {
        var action = PublishAction(
            connection: session.pointee.connection, message: delivery.message,
            subscriptionIdentifiers: delivery.subscriptionIdentifiers, packetID: packetID, topicAlias: 0, omitsTopic: false,
            qos: delivery.qos, dup: dup, retain: delivery.retain,
            isPromise: isPromise || (delivery.isClaimed && delivery.qos == .exactlyOnce))
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
    mutating func enqueue(_ fresh: Delivery, for slot: UInt32) -> Bool {
        var delivery = fresh
        let session = sessions.pointer(to: slot)
        if delivery.qos == .atMostOnce, session.pointee.backlog.contains(.offline) {
            settleShared(delivery)
            return true
        }
        let size = messages[delivery.message].size
        let limits = options.limits
        if !queued.hasRoom(size, limit: limits.queuedBytesTotal) {
            dropped(delivery.message, for: session, .queuesFull)
            settleShared(delivery)
            return false
        }
        if size > limits.queuedBytes {
            // However much made way for it.
            dropped(delivery.message, for: session, .queueFullNewest)
            settleShared(delivery)
            return session.pointee.slowConsumer == .dropNewest
        }
        while session.pointee.queuedCount >= limits.queuedMessages || session.pointee.queuedBytes + size > limits.queuedBytes {
            switch session.pointee.slowConsumer {
            case .dropOldest where session.pointee.queuedCount > 0:
                dropOldest(session)
            case .disconnect where session.pointee.isConnected:
                dropped(delivery.message, for: session, .slowConsumer)
                doomed.append((session.pointee.connection, .slowConsumer))
                settleShared(delivery)
                return false
            case .dropNewest:
                dropped(delivery.message, for: session, .queueFullNewest)
                settleShared(delivery)
                return true
            case .dropOldest, .refuse, .disconnect:
                dropped(delivery.message, for: session, .queueFullNewest)
                settleShared(delivery)
                return false
            }
        }
        session.pointee.queuedBytes += size
        session.pointee.backlog.insert(.queued)
        queued.add(size, isOffline: session.pointee.backlog.contains(.offline))
        if session.pointee.number != 0, delivery.qos != .atMostOnce, delivery.group == Delivery.noGroup {
            claim(delivery, packetID: 0, for: session)
            delivery.isClaimed = true
            if spills(session) {
                session.pointee.spilled.append(Spilled(record: messages[delivery.message].record, size: UInt32(size)))
                return true
            }
        }
        messages.own(delivery.message)
        messages.retain(delivery.message)
        identifierSets.retain(delivery.subscriptionIdentifiers)
        session.pointee.queue.append(delivery)
        if delivery.qos == .atMostOnce { session.pointee.queuedAtMostOnce += 1 }
        return true
    }

    /// Makes way for a newer message.
    private mutating func dropOldest(_ session: UnsafeMutablePointer<Session>) {
        if let oldest = popQueue(session) {
            dropped(oldest.message, for: session, .queueFullOldest)
            settle(oldest, of: session)
            release(oldest)
        } else if let oldest = popSpilled(session) {
            dropped(UnsafeRawBufferPointer(start: nil, count: 0), clientID: session.pointee.clientIDBytes, .queueFullOldest)
            settle(oldest.record, of: session.pointee.number)
        }
    }

    /// Takes the oldest message out of a queue; its holds pass to the caller.
    mutating func popQueue(_ session: UnsafeMutablePointer<Session>) -> Delivery? {
        guard let delivery = session.pointee.queue.popFirst() else { return nil }
        let size = messages[delivery.message].size
        session.pointee.queuedBytes -= size
        if delivery.qos == .atMostOnce { session.pointee.queuedAtMostOnce -= 1 }
        leftQueue(size, session)
        return delivery
    }

    /// `size` bytes fewer wait for a session.
    mutating func leftQueue(_ size: Int, _ session: UnsafeMutablePointer<Session>) {
        if session.pointee.queuedCount == 0 { session.pointee.backlog.remove(.queued) }
        queued.remove(size, isOffline: session.pointee.backlog.contains(.offline), limit: options.limits.queuedBytesTotal)
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
