import BrokerCore
import MQTTCodec
import Primitives

/// What must always hold, judged at the broker's door: all it read and wrote passes here, beside the oracle.
final class Invariants {
    let oracle: ReferenceBroker
    private let network: VirtualNetwork
    /// Bounds so low that messages are dropped: none may be missing beyond those the broker has counted.
    private let dropsMessages: Bool
    private let verdict: Verdict
    private var incoming: [Int: PacketStream] = [:]
    private var outgoing: [Int: PacketStream] = [:]
    private var closed: Set<Int> = []
    private var started = 0
    private(set) var missing: UInt64 = 0

    init(oracle: ReferenceBroker, network: VirtualNetwork, verdict: Verdict, dropsMessages: Bool) {
        self.verdict = verdict
        self.oracle = oracle
        self.network = network
        self.dropsMessages = dropsMessages
    }

    private func violate(_ what: String) { verdict.violate(what) }

    /// Follows one tick, and those of other shards it led to: first what left while the broker was still reading, then what
    /// it read, what time brought, and what it wrote of that. New connections are let in when all is written, so they do not mark the end of reading.
    func follow(_ passages: [VirtualNetwork.Passage], at now: Instant, isIdle: Bool, _ transcript: Transcript) {
        let lastRead =
            passages.lastIndex {
                switch $0 {
                case .received, .ended: true
                case .accepted, .sent, .closed: false
                }
            } ?? -1
        for (i, passage) in passages.enumerated() where i < lastRead { follow(output: passage, at: now, transcript) }
        for passage in passages { follow(input: passage, at: now, transcript) }
        oracle.advance(to: now)
        for (i, passage) in passages.enumerated() where i > lastRead { follow(output: passage, at: now, transcript) }
        checkClosed(now)
        if isIdle { checkNothingStalls(at: now) }
    }

    // What the broker read

    private func follow(input passage: VirtualNetwork.Passage, at now: Instant, _ transcript: Transcript) {
        switch passage {
        case .accepted(let number):
            incoming[number] = PacketStream(from: .client, nil)
            oracle.accepted(number, at: now)
        case .received(let number, let bytes):
            incoming[number]?.append(bytes)
            while let piece = incoming[number]?.next() {
                switch piece {
                case .packet(let packet, _):
                    transcript.note(now, number, "→", packet)
                    if case .connect(let connect) = packet { outgoing[number] = PacketStream(from: .server, connect.version) }
                    oracle.received(packet, on: number, at: now)
                case .malformed: oracle.ended(number, at: now)
                }
            }
        case .ended(let number):
            transcript.note(now, number, "→ end")
            oracle.ended(number, at: now)
        case .sent, .closed: break
        }
    }

    // What the broker wrote

    private func follow(output passage: VirtualNetwork.Passage, at now: Instant, _ transcript: Transcript) {
        switch passage {
        case .sent(let number, let bytes):
            guard let connection = oracle.connections[number] else { return violate("bytes to a connection nobody opened") }
            if outgoing[number] == nil { return violate("bytes before CONNECT on connection \(number)") }
            outgoing[number]?.append(bytes)
            while let piece = outgoing[number]?.next() {
                switch piece {
                case .packet(let packet, let length):
                    transcript.note(now, number, "←", packet)
                    if length > connection.maximumPacketSize {
                        violate("\(length) bytes exceed Maximum Packet Size on connection \(number)")
                    }
                    check(packet, on: connection, at: now)
                case .malformed(let malformed): violate("the broker wrote no packet: \(malformed) on connection \(number)")
                }
            }
        case .closed(let number):
            transcript.note(now, number, "← close")
            closed.insert(number)
        case .accepted, .received, .ended: break
        }
    }

    private func check(_ packet: Packet, on connection: ReferenceConnection, at now: Instant) {
        switch packet {
        case .publish(let publish): check(publish, on: connection, at: now)
        case .acknowledgement(let acknowledgement) where acknowledgement.kind == .pubrel:
            if connection.releases.remove(acknowledgement.packetID) == nil {
                violate("PUBREL \(acknowledgement.packetID) nobody waits for on connection \(connection.number)")
            }
        case .disconnect(let disconnect):
            if !connection.isOver || connection.reasonCode != disconnect.reasonCode {
                violate(
                    "DISCONNECT \(disconnect.reasonCode) on connection \(connection.number), expected \(String(describing: connection.reasonCode))"
                )
            }
        default:
            guard let owed = connection.replies[packet.type]?.first else {
                return violate("\(packet.type) nobody asked for on connection \(connection.number)")
            }
            connection.replies[packet.type]?.removeFirst()
            if !answers(packet, owed) { violate("\(packet) on connection \(connection.number), expected \(owed)") }
        }
    }

    private func answers(_ packet: Packet, _ owed: Packet) -> Bool {
        switch (packet, owed) {
        case (.connack(let said), .connack(let owed)): said.sessionPresent == owed.sessionPresent && said.reasonCode == owed.reasonCode
        case (.suback(let said), .suback(let owed)): said.packetID == owed.packetID && said.reasonCodes == owed.reasonCodes
        case (.unsuback(let said), .unsuback(let owed)): said.packetID == owed.packetID && said.reasonCodes == owed.reasonCodes
        case (.acknowledgement(let said), .acknowledgement(let owed)):
            said.packetID == owed.packetID && said.kind == owed.kind
                && (said.reasonCode == owed.reasonCode || dropsMessages && said.reasonCode == .quotaExceeded)
        default: packet == owed
        }
    }

    private func check(_ packet: PublishPacket, on connection: ReferenceConnection, at now: Instant) {
        guard let session = connection.session else { return violate("PUBLISH before CONNECT on connection \(connection.number)") }
        if let owed = connection.replies[.connack], !owed.isEmpty { violate("PUBLISH before CONNACK on connection \(connection.number)") }
        guard let topic = resolve(packet, on: connection) else {
            return violate("a Topic Alias nobody set on connection \(connection.number)")
        }
        // Written in the tick in which the connection ended: nobody can say any more what of it arrived.
        if connection.isOver { return }
        let what = "\(packet.qos) \(topic) \(PayloadText.short(packet.payload)) to \(session.clientID)"
        if packet.qos != .atMostOnce, let packetID = packet.packetID {
            if packet.dup, session.exchanges[packetID] == nil, let kept = session.takenBack[packetID], !kept.expectation.isSent {
                session.exchanges[packetID] = kept
                kept.expectation.isSent = true
            }
            if let exchange = session.exchanges[packetID] {
                checkResent(packet, topic, exchange, session, connection, what)
                return
            }
            if packet.dup {
                if !connection.isResumed { violate("DUP in a new session: \(what)") }
            } else {
                connection.hasSentNew = true
            }
        } else if packet.dup {
            violate("DUP at QoS 0: \(what)")
        }
        guard let (expectation, group) = match(packet, topic, session, connection, now) else { return violate("unexpected: \(what)") }
        if isSingle(expectation, session) { checkExpiry(packet, expectation, connection, now, what) }
        if !dropsMessages || packet.qos == .atMostOnce { checkOrder(expectation, session, packet.qos, now, what) }
        expectation.isSent = true
        session.unsent.removeAll { $0 === expectation }
        session.unsentAtMostOnce.removeAll { $0 === expectation }
        if packet.qos != .atMostOnce, let packetID = packet.packetID {
            started += 1
            session.exchanges[packetID] = ReferenceSession.Exchange(
                expectation: expectation, qos: packet.qos, group: group, connection: connection.number, started: started)
            checkQuota(session, connection, what)
        }
    }

    /// The Topic Name, by the rules of aliases [MQTT-3.3.2-8] [MQTT-3.3.2-9].
    private func resolve(_ packet: PublishPacket, on connection: ReferenceConnection) -> String? {
        guard let alias = packet.properties.topicAlias else { return packet.topic.isEmpty ? nil : packet.topic.string }
        guard alias >= 1, alias <= connection.topicAliasMaximum else { return nil }
        if packet.topic.isEmpty { return connection.announced[alias] }
        connection.announced[alias] = packet.topic.string
        return packet.topic.string
    }

    private func checkResent(
        _ packet: PublishPacket, _ topic: String, _ exchange: ReferenceSession.Exchange, _ session: ReferenceSession,
        _ connection: ReferenceConnection, _ what: String
    ) {
        let message = exchange.expectation.message
        if !packet.dup || exchange.connection == connection.number || exchange.isReleased || message.payload != packet.payload
            || message.topic != topic || exchange.qos != packet.qos
        {
            violate(
                "Packet Identifier \(packet.packetID ?? 0) is in flight with \(message.topic) \(PayloadText.short(message.payload)): \(what)"
            )
        }
        if exchange.started < connection.lastResent || connection.hasSentNew { violate("resent out of order: \(what)") }
        connection.lastResent = exchange.started
        session.exchanges[packet.packetID ?? 0]?.connection = connection.number
        checkQuota(session, connection, what)
    }

    private func checkQuota(_ session: ReferenceSession, _ connection: ReferenceConnection, _ what: String) {
        let inFlight = self.inFlight(session, connection)
        if inFlight > connection.receiveMaximum {
            violate("\(inFlight) in flight exceed Receive Maximum \(connection.receiveMaximum): \(what)")
        }
    }

    private func inFlight(_ session: ReferenceSession, _ connection: ReferenceConnection) -> Int {
        session.exchanges.values.count { $0.connection == connection.number }
    }

    /// The expectation this PUBLISH fulfils, and the group it came by.
    private func match(
        _ packet: PublishPacket, _ topic: String, _ session: ReferenceSession, _ connection: ReferenceConnection, _ now: Instant
    ) -> (Expectation, ReferenceGroup?)? {
        let key = ReferenceMessage(
            topic: topic, payload: packet.payload, qos: packet.qos, retain: false, properties: [], expires: .never, publisher: nil
        ).key
        let identifiers = packet.properties.subscriptionIdentifiers.sorted()
        let properties = packet.properties.removing(.messageExpiryInterval, .topicAlias, .subscriptionIdentifier).properties
        func isSame(_ message: ReferenceMessage) -> Bool {
            message.topic == topic && message.payload == packet.payload && (connection.version != .v5 || message.properties == properties)
        }
        func fits(_ expectation: Expectation) -> Bool {
            !expectation.isSent && expectation.qos == packet.qos && expectation.retain == packet.retain
                && expectation.identifiers == identifiers && isSame(expectation.message)
        }
        func isExact(_ expectation: Expectation) -> Bool {
            let expires = expectation.message.expires
            if connection.version != .v5 || expires == .never { return expires > now && packet.properties.messageExpiryInterval == nil }
            return packet.properties.messageExpiryInterval == now.secondsRoundedUp(until: expires)
        }
        func isPossible(_ expectation: Expectation) -> Bool {
            guard let seconds = packet.properties.messageExpiryInterval else {
                return connection.version != .v5 || expectation.message.expires == .never
            }
            return expectation.message.expires < .never && seconds >= now.secondsRoundedUp(until: expectation.message.expires)
        }
        // A message that was published twice, or made anew for a new subscription, is taken for the one it looks like most.
        // What is owed comes first: an earlier copy may have gone into an output that nobody read.
        func choose(_ candidates: [Expectation]) -> Expectation? {
            let owed = candidates.filter { isOwed($0, session) }
            return owed.first(where: isExact) ?? owed.first(where: isPossible) ?? candidates.first(where: isPossible) ?? candidates.first
        }
        let live = (session.expectations[key] ?? []).filter {
            fits($0) && (packet.qos != .atMostOnce || $0.connection == connection.number)
        }
        if let chosen = choose(live + session.retained.filter(fits)) { return (chosen, nil) }
        // Newest first: of a group that has ended nothing is missed. But what is sent again was begun before.
        for membership in packet.dup ? session.memberships : session.memberships.reversed() {
            guard let group = membership.group,
                connection.version != .v5 || identifiers == (membership.identifier > 0 ? [membership.identifier] : [])
            else { continue }
            let shared = (group.expectations[key] ?? []).filter {
                !$0.isSent && isSame($0.message) && min($0.message.qos, membership.maximumQoS) == packet.qos
                    && packet.retain == (membership.retainAsPublished && $0.message.retain)
            }
            if let shared = choose(shared) { return (shared, group) }
        }
        return nil
    }

    /// Must come if it has not: what is QoS 0 ends with its connection, what is retained with its subscription or message.
    private func isOwed(_ expectation: Expectation, _ session: ReferenceSession) -> Bool {
        let isReachable = expectation.qos != .atMostOnce || expectation.connection == session.connection?.number
        switch expectation.way {
        case .live: return isReachable
        case .retained(let subscription):
            return isReachable && subscription.isActive && oracle.retained.contains { $0 === expectation.message }
        case .shared: return true
        }
    }

    /// What is written now may have been decided earlier.
    private func wasBlocked(_ connection: ReferenceConnection) -> Bool {
        network.isBlocked(connection.number) || network.wasBlocked.contains(connection.number)
    }

    /// Counted down, rounded upwards, and never begun when over [MQTT-3.3.2-5] [MQTT-3.3.2-6].
    private func checkExpiry(
        _ packet: PublishPacket, _ expectation: Expectation, _ connection: ReferenceConnection, _ now: Instant, _ what: String
    ) {
        let expires = expectation.message.expires
        let wasBlocked = wasBlocked(connection)
        if expires <= now, !packet.dup, !wasBlocked { violate("sent after its expiry: \(what)") }
        guard connection.version == .v5 else { return }
        guard let seconds = packet.properties.messageExpiryInterval else {
            if expires < .never { violate("without Message Expiry Interval: \(what)") }
            return
        }
        let left = now.secondsRoundedUp(until: expires)
        if expires == .never || seconds < left || seconds > left && !wasBlocked {
            violate("Message Expiry Interval \(seconds) instead of \(left): \(what)")
        }
    }

    /// Of one topic and publisher nothing overtakes within QoS 0, nor within the others.
    private func checkOrder(_ expectation: Expectation, _ session: ReferenceSession, _ qos: QoS, _ now: Instant, _ what: String) {
        guard case .live = expectation.way, !dropsMessages, let publisher = expectation.message.publisher,
            isSingle(expectation, session)
        else { return }
        let earlier = qos == .atMostOnce ? session.unsentAtMostOnce : session.unsent
        for other in earlier where other.order < expectation.order && other.message.publisher == publisher {
            if other.message.topic == expectation.message.topic, !isExcused(other, session, now), isSingle(other, session) {
                return violate("overtakes \(PayloadText.short(other.message.payload)): \(what)")
            }
        }
    }

    /// Copies of one message cannot be told apart.
    private func isSingle(_ expectation: Expectation, _ session: ReferenceSession) -> Bool {
        let key = expectation.message.key
        let own = (session.expectations[key]?.count ?? 0) + session.retained.count { $0.message.key == key }
        guard case .shared(let group) = expectation.way else { return own == 1 }
        return own == 0 && group.expectations[key]?.count == 1
    }

    private func isExcused(_ expectation: Expectation, _ session: ReferenceSession, _ now: Instant) -> Bool {
        if expectation.message.expires <= now || expectation.isExcused { return true }
        guard let connection = session.connection, connection.maximumPacketSize < .max else { return false }
        return size(of: expectation, connection) > connection.maximumPacketSize
    }

    private func size(of expectation: Expectation, _ connection: ReferenceConnection) -> Int {
        let message = expectation.message
        var packet = PublishPacket(topic: UTF8Text(message.topic), qos: expectation.qos, packetID: 1, payload: message.payload)
        packet.properties = PropertyList(message.properties + expectation.identifiers.map { .subscriptionIdentifier($0) })
        if message.expires < .never { packet.properties.append(.messageExpiryInterval(seconds: 1)) }
        return PacketEncoder.encodedLength(.publish(packet), version: connection.version)
    }

    // What must have happened by now

    private func checkClosed(_ now: Instant) {
        for number in closed {
            guard let connection = oracle.connections[number] else { continue }
            if !connection.isOver { violate("the broker closed connection \(number) of a client that behaves well") }
        }
        for connection in oracle.connections.values where connection.isOver && !closed.contains(connection.number) {
            violate("connection \(connection.number) should have been closed")
        }
        for number in closed {
            oracle.forget(number)
            incoming[number] = nil
            outgoing[number] = nil
        }
        closed = []
    }

    /// Nothing that could be sent waits when the broker waits for the network.
    private func checkNothingStalls(at now: Instant) {
        for connection in oracle.connections.values where !connection.isOver && !network.isBlocked(connection.number) {
            if let owed = connection.replies.values.first(where: { !$0.isEmpty })?.first {
                violate("not answered on connection \(connection.number): \(owed)")
            }
            if let packetID = connection.releases.first, inFlightAll(connection) {
                violate("PUBREL \(packetID) is missing on connection \(connection.number)")
            }
            guard let session = connection.session, !dropsMessages else { continue }
            session.unsentAtMostOnce.removeAll { isExcused($0, session, now) }
            session.unsent.removeAll { isExcused($0, session, now) }
            // Without quota QoS 0 may be held back too [MQTT5 §4.9].
            guard inFlight(session, connection) < connection.receiveMaximum else { continue }
            if let waiting = session.unsentAtMostOnce.first {
                violate("not sent to \(session.clientID): QoS 0 \(waiting.message.topic) \(PayloadText.short(waiting.message.payload))")
            }
            if let waiting = session.unsent.first {
                violate("not sent to \(session.clientID): \(waiting.message.topic) \(PayloadText.short(waiting.message.payload))")
            }
            for (packetID, exchange) in session.exchanges where !exchange.isReleased && exchange.connection != connection.number {
                if !isExcused(exchange.expectation, session, now) {
                    violate("not resent to \(session.clientID): Packet Identifier \(packetID)")
                }
            }
        }
    }

    /// PUBRELs of a resumed session come in turn with what waits for the quota.
    private func inFlightAll(_ connection: ReferenceConnection) -> Bool {
        guard let session = connection.session else { return true }
        return inFlight(session, connection) < connection.receiveMaximum
    }

    /// Everybody has been back, read all and acknowledged all: what is missing now is lost.
    func checkComplete(at now: Instant, dropped counted: UInt64) {
        for session in oracle.sessions {
            for expectation in session.expectations.values.joined() + session.retained where !expectation.isSent {
                if isOwed(expectation, session), !isExcused(expectation, session, now) { miss(expectation, session.clientID) }
            }
            if session.connection != nil, !session.exchanges.isEmpty {
                violate("\(session.clientID) left exchanges open: \(session.exchanges.keys.sorted())")
            }
        }
        for group in oracle.groups where !group.losesAtLeastOnce && group.members.contains(where: { $0.connection != nil }) {
            for expectation in group.expectations.values.joined() where !expectation.isSent && expectation.message.expires > now {
                if expectation.qos == .atMostOnce || expectation.qos == .exactlyOnce && group.losesExactlyOnce { continue }
                miss(expectation, "group \(group.share) of \(group.filter)")
            }
        }
        if dropsMessages, missing > counted { violate("\(missing) messages are missing, \(counted) were counted as dropped") }
    }

    private func miss(_ expectation: Expectation, _ whom: String) {
        missing += 1
        if !dropsMessages {
            violate(
                "never came to \(whom): \(expectation.qos) \(expectation.message.topic) \(PayloadText.short(expectation.message.payload)) \(expectation.way.words)"
            )
        }
    }
}
