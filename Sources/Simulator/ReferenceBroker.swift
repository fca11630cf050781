import BrokerCore
import MQTTCodec
import Primitives

/// A naïve broker, written from the standard with lists and linear search: what came, in the order in which it was
/// read, gives what must be sent.
final class ReferenceBroker {
    let options: BrokerOptions
    private(set) var connections: [Int: ReferenceConnection] = [:]
    /// In the order in which they began.
    private(set) var sessions: [ReferenceSession] = []
    private(set) var groups: [ReferenceGroup] = []
    private(set) var retained: [ReferenceMessage] = []
    private var order = 0

    init(options: BrokerOptions) { self.options = options }

    func session(_ clientID: String) -> ReferenceSession? { sessions.first { $0.clientID == clientID } }

    /// The broker has closed it.
    func forget(_ number: Int) { connections[number] = nil }

    // What happens

    func accepted(_ number: Int, at now: Instant) { connections[number] = ReferenceConnection(number: number, at: now) }

    func ended(_ number: Int, at now: Instant) {
        if let connection = connections[number], !connection.isOver { end(connection, nil, at: now) }
    }

    func received(_ packet: Packet, on number: Int, at now: Instant) {
        guard let connection = connections[number], !connection.isOver else { return }
        connection.lastPacket = now
        guard let session = connection.session else {
            if case .connect(let connect) = packet { self.connect(connect, connection, at: now) } else { end(connection, nil, at: now) }
            return
        }
        switch packet {
        case .publish(let publish): self.publish(publish, session, connection, at: now)
        case .acknowledgement(let acknowledgement): acknowledge(acknowledgement, session, connection)
        case .subscribe(let subscribe): self.subscribe(subscribe, session, connection, at: now)
        case .unsubscribe(let unsubscribe): self.unsubscribe(unsubscribe, session, connection)
        case .pingRequest: connection.owe(.pingResponse)
        case .disconnect(let disconnect):
            if let seconds = disconnect.properties.sessionExpiryInterval { session.expirySeconds = min(seconds, sessionExpiryLimit) }
            if disconnect.reasonCode == .success { session.will = nil }
            end(connection, nil, at: now)
        default: end(connection, .protocolError, at: now)
        }
    }

    /// What the time brings: exact to the millisecond, never early.
    func advance(to now: Instant) {
        for connection in connections.values.sorted(by: { $0.number < $1.number }) where !connection.isOver {
            if connection.session == nil {
                let patience = connection.openedAt.advanced(bySeconds: UInt32(clamping: options.limits.connectTimeoutSeconds))
                if Self.isDue(patience, now) { end(connection, nil, at: now) }
            } else if connection.keepAliveSeconds > 0 {
                let patience = connection.lastPacket.advanced(byMilliseconds: Int64(connection.keepAliveSeconds) * 1_500)
                if Self.isDue(patience, now) { end(connection, .keepAliveTimeout, at: now) }
            }
        }
        for session in sessions where !session.isOver && session.connection == nil {
            if let due = session.will?.due, Self.isDue(due, now) { publishWill(of: session, at: now) }
            if let due = session.expiresAt, Self.isDue(due, now) { end(session, at: now) }
        }
        retained.removeAll { Self.isDue($0.expires, now) }
    }

    static func isDue(_ moment: Instant, _ now: Instant) -> Bool {
        guard moment < .never else { return false }
        return now.nanoseconds / 1_000_000 >= (moment.nanoseconds + 999_999) / 1_000_000
    }

    // Connections and sessions

    private var sessionExpiryLimit: UInt32 { UInt32(clamping: options.limits.sessionExpirySeconds) }

    private func connect(_ packet: ConnectPacket, _ connection: ReferenceConnection, at now: Instant) {
        connection.version = packet.version
        if let old = session(packet.clientID.string)?.connection { end(old, .sessionTakenOver, at: now) }
        if packet.cleanStart, let old = session(packet.clientID.string) { end(old, at: now) }
        let found = session(packet.clientID.string)
        let session = found ?? ReferenceSession(clientID: packet.clientID.string, version: packet.version)
        if found == nil { sessions.append(session) }
        session.will = packet.will.map(will)
        session.expiresAt = nil
        session.version = packet.version
        session.connection = connection
        let asked: UInt32 =
            packet.version == .v5 ? packet.properties.sessionExpiryInterval ?? 0 : packet.cleanStart ? 0 : .max
        session.expirySeconds = min(asked, sessionExpiryLimit)
        connection.session = session
        connection.keepAliveSeconds = packet.keepAliveSeconds
        connection.receiveMaximum = min(Int(packet.properties.receiveMaximum ?? 65_535), options.limits.inFlight)
        connection.maximumPacketSize = packet.properties.maximumPacketSize.map(Int.init) ?? .max
        connection.topicAliasMaximum = packet.properties.topicAliasMaximum ?? 0
        connection.isResumed = found != nil
        connection.owe(.connack(ConnackPacket(sessionPresent: found != nil && packet.version != .v3_1, reasonCode: .success)))
        for (packetID, exchange) in session.exchanges where exchange.isReleased { connection.releases.insert(packetID) }
    }

    private func will(_ will: ConnectPacket.Will) -> ReferenceWill {
        ReferenceWill(
            topic: will.topic.string, payload: will.payload, qos: will.qos, retain: will.retain,
            properties: will.properties.removing(.willDelayInterval, .messageExpiryInterval).properties,
            delay: will.properties.willDelayInterval ?? 0, expiry: will.properties.messageExpiryInterval)
    }

    private func end(_ connection: ReferenceConnection, _ reasonCode: ReasonCode?, at now: Instant) {
        connection.isOver = true
        connection.reasonCode = reasonCode
        guard let session = connection.session else { return }
        session.connection = nil
        session.unsentAtMostOnce = []
        takeBack(from: session)
        if let will = session.will {
            if will.delay == 0 || session.expirySeconds == 0 {
                publishWill(of: session, at: now)
            } else {
                session.will?.due = now.advanced(bySeconds: will.delay)
            }
        }
        switch session.expirySeconds {
        case 0: end(session, at: now)
        case .max: break
        default: session.expiresAt = now.advanced(bySeconds: session.expirySeconds)
        }
    }

    private func end(_ session: ReferenceSession, at now: Instant) {
        publishWill(of: session, at: now)
        takeBack(from: session)
        for subscription in session.subscriptions { leave(subscription, session) }
        session.isOver = true
        sessions.removeAll { $0 === session }
    }

    /// QoS 1 messages of a group go to other members when one leaves them unacknowledged.
    private func takeBack(from session: ReferenceSession) {
        session.takenBack = [:]
        for (packetID, exchange) in session.exchanges {
            guard let group = exchange.group, exchange.qos == .atLeastOnce,
                group.members.contains(where: { $0 !== session })
            else { continue }
            session.exchanges[packetID] = nil
            session.takenBack[packetID] = exchange
            exchange.expectation.isSent = false
        }
    }

    private func publishWill(of session: ReferenceSession, at now: Instant) {
        guard let will = session.will else { return }
        session.will = nil
        _ = accept(
            ReferenceMessage(
                topic: will.topic, payload: will.payload, qos: will.qos, retain: will.retain, properties: will.properties,
                expires: will.expiry.map { now.advanced(bySeconds: $0) } ?? .never, publisher: nil), from: nil, at: now)
    }

    // Messages

    private func publish(_ packet: PublishPacket, _ session: ReferenceSession, _ connection: ReferenceConnection, at now: Instant) {
        var topic = packet.topic.string
        if let alias = packet.properties.topicAlias {
            if topic.isEmpty { topic = connection.topics[alias] ?? "" } else { connection.topics[alias] = topic }
        }
        let packetID = packet.packetID ?? 0
        if packet.qos == .exactlyOnce, session.received.contains(packetID) {
            connection.owe(.acknowledgement(PublishAcknowledgement(.pubrec, packetID: packetID)))
            return
        }
        let message = ReferenceMessage(
            topic: topic, payload: packet.payload, qos: packet.qos, retain: packet.retain,
            properties: packet.properties.removing(.messageExpiryInterval, .topicAlias).properties,
            expires: packet.properties.messageExpiryInterval.map { now.advanced(bySeconds: $0) } ?? .never, publisher: session.clientID)
        let reason: ReasonCode = accept(message, from: session, at: now) == 0 ? .noMatchingSubscribers : .success
        let known = connection.version == .v5 ? reason : .success
        switch packet.qos {
        case .atMostOnce: break
        case .atLeastOnce: connection.owe(.acknowledgement(PublishAcknowledgement(.puback, packetID: packetID, reasonCode: known)))
        case .exactlyOnce:
            session.received.insert(packetID)
            connection.owe(.acknowledgement(PublishAcknowledgement(.pubrec, packetID: packetID, reasonCode: known)))
        }
    }

    /// Retains and routes; how many subscribers there were.
    private func accept(_ message: ReferenceMessage, from publisher: ReferenceSession?, at now: Instant) -> Int {
        if message.retain {
            retained.removeAll { $0.topic == message.topic }
            if !message.payload.isEmpty { retained.append(message) }
        }
        order += 1
        var matched = 0
        for session in sessions {
            let subscribed = session.subscriptions.filter { $0.group == nil && TopicMatching.matches($0.filter, message.topic) }
            // A subscription that No Local withholds the message from matches all the same.
            if !subscribed.isEmpty { matched += 1 }
            let matching = subscribed.filter { !($0.noLocal && session === publisher) }
            guard let qos = matching.map(\.maximumQoS).max() else { continue }
            let expectation = Expectation(
                message, .live, qos: min(qos, message.qos), retain: message.retain && matching.contains(where: \.retainAsPublished),
                identifiers: session.version == .v5 ? matching.map(\.identifier).filter { $0 > 0 }.sorted() : [], order: order,
                connection: session.connection?.number)
            if expectation.qos == .atMostOnce {
                if session.connection == nil { continue }
                session.unsentAtMostOnce.append(expectation)
            } else {
                session.unsent.append(expectation)
            }
            session.expectations[message.key, default: []].append(expectation)
        }
        for group in groups where TopicMatching.matches(group.filter, message.topic) {
            matched += 1
            group.expectations[message.key, default: []].append(
                Expectation(message, .shared(group), qos: message.qos, order: order, connection: nil))
        }
        return matched
    }

    private func acknowledge(_ packet: PublishAcknowledgement, _ session: ReferenceSession, _ connection: ReferenceConnection) {
        switch packet.kind {
        case .pubrel:
            let isKnown = session.received.remove(packet.packetID) != nil
            connection.owe(
                .acknowledgement(
                    PublishAcknowledgement(
                        .pubcomp, packetID: packet.packetID,
                        reasonCode: isKnown || connection.version != .v5 ? .success : .packetIdentifierNotFound)))
        case .pubrec where !packet.reasonCode.isFailure:
            session.exchanges[packet.packetID]?.isReleased = true
            connection.releases.insert(packet.packetID)
        case .puback, .pubrec, .pubcomp: session.exchanges[packet.packetID] = nil
        }
    }

    // Subscriptions

    private func subscribe(_ packet: SubscribePacket, _ session: ReferenceSession, _ connection: ReferenceConnection, at now: Instant) {
        var codes: [ReasonCode] = []
        for request in packet.requests {
            let (share, filter) = TopicMatching.share(of: request.filter.string)
            let old = find(share, filter, session)
            let subscription = ReferenceSubscription(
                filter: filter, identifier: packet.properties.subscriptionIdentifiers.first ?? 0, options: request.options,
                group: share.map { group($0, filter) })
            if let old {
                old.isActive = false
                session.subscriptions.removeAll { $0 === old }
            }
            session.subscriptions.append(subscription)
            codes.append(ReasonCode(rawValue: request.options.maximumQoS.rawValue) ?? .success)
            if let group = subscription.group {
                session.memberships.append(subscription)
                if old == nil { group.members.append(session) }
                if subscription.maximumQoS == .atMostOnce || connection.maximumPacketSize < .max { group.losesAtLeastOnce = true }
                continue
            }
            let handling = request.options.retainHandling
            guard handling == .sendAtSubscribe || handling == .sendIfNew && old == nil else { continue }
            for message in retained where TopicMatching.matches(filter, message.topic) && message.expires > now {
                if subscription.noLocal, message.publisher == session.clientID { continue }
                session.retained.append(
                    Expectation(
                        message, .retained(subscription), qos: min(message.qos, subscription.maximumQoS), retain: true,
                        identifiers: session.version == .v5 && subscription.identifier > 0 ? [subscription.identifier] : [],
                        order: order, connection: connection.number))
            }
        }
        connection.owe(.suback(SubackPacket(packetID: packet.packetID, reasonCodes: codes)))
    }

    private func unsubscribe(_ packet: UnsubscribePacket, _ session: ReferenceSession, _ connection: ReferenceConnection) {
        var codes: [ReasonCode] = []
        for text in packet.filters {
            let (share, filter) = TopicMatching.share(of: text.string)
            let found = find(share, filter, session)
            codes.append(found == nil ? .noSubscriptionExisted : .success)
            if let found { leave(found, session) }
        }
        connection.owe(
            .unsuback(UnsubackPacket(packetID: packet.packetID, reasonCodes: connection.version == .v5 ? codes : [])))
    }

    private func find(_ share: String?, _ filter: String, _ session: ReferenceSession) -> ReferenceSubscription? {
        session.subscriptions.first { $0.filter == filter && $0.group?.share == share }
    }

    private func group(_ share: String, _ filter: String) -> ReferenceGroup {
        if let found = groups.first(where: { $0.share == share && $0.filter == filter }) { return found }
        groups.append(ReferenceGroup(share: share, filter: filter))
        return groups[groups.count - 1]
    }

    private func leave(_ subscription: ReferenceSubscription, _ session: ReferenceSession) {
        subscription.isActive = false
        session.subscriptions.removeAll { $0 === subscription }
        guard let group = subscription.group else { return }
        for (packetID, exchange) in session.exchanges where exchange.group === group { session.exchanges[packetID]?.group = nil }
        group.members.removeAll { $0 === session }
        group.losesExactlyOnce = true
        if !session.isOver, session.connection != nil { group.losesAtLeastOnce = true }
        if group.members.isEmpty { groups.removeAll { $0 === group } }
    }
}
