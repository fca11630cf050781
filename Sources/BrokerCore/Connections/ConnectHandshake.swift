import MQTTCodec
import MQTTSession
import Primitives

/// CONNECT → CONNACK [MQTT5 §3.1.4].
extension BrokerCore {
    /// Whether one more connection may be opened.
    var hasRoomForConnections: Bool { place.common.connections.current < options.limits.connections }

    /// A Network Connection was accepted on a listener; its slot, or nil when there are as many as allowed.
    public mutating func connectionOpened(listener: Int, at now: Instant) -> UInt32? {
        guard place.common.connections.take(1, upTo: options.limits.connections) else {
            counters.connectionsRefused += 1
            return nil
        }
        counters.connectionsOpened += 1
        counters.connectionsMaximum = max(counters.connectionsMaximum, place.common.connections.current)
        return connectionTakenOn(listener: listener, at: now)
    }

    /// A Network Connection that another shard has opened; its slot.
    mutating func connectionTakenOn(listener: Int, at now: Instant) -> UInt32 {
        let connection = connections.insert(Connection(listener: UInt16(listener), openedAt: now))
        connections[connection].timer = timers.arm(
            TimerToken.make(.connection, connection), at: now.advanced(bySeconds: UInt32(clamping: options.limits.connectTimeoutSeconds)))
        return connection
    }

    /// The slot is free again; the owner calls this when the connection's last bytes are written and it is closed.
    public mutating func connectionForgotten(_ connection: UInt32) {
        connections.remove(connection)
        place.common.connections.give(1)
    }

    /// Accepts or refuses a CONNECT [MQTT-3.1.4-1] [MQTT-3.1.4-2].
    mutating func connect(_ packet: ConnectPacket, on connection: UInt32, at now: Instant, into actions: inout Actions) {
        connections[connection].version = packet.version
        connections[connection].maximumPacketSize = packet.properties.maximumPacketSize ?? .max
        if let refusal = refusal(of: packet, on: connection) {
            refuse(connection, refusal, clientID: packet.clientID.bytes, at: now, into: &actions)
            return
        }
        var clientID = packet.clientID.bytes
        let isAssigned = clientID.isEmpty
        if isAssigned { clientID = unusedClientID() }
        let isNew = findSession(clientID) == nil
        if isNew, !place.common.sessions.take(1, upTo: options.limits.sessions) {
            refuse(connection, .tooManySessions, clientID: clientID, at: now, into: &actions)
            return
        }
        let extent = journal.extent
        let (slot, isPresent) = takeSession(clientID, packet, isNew: isNew, at: now, into: &actions)
        attach(slot, to: connection, packet, at: now)
        if !isPresent { beginKeeping(slot) }
        keepSession(slot, disconnectedAt: nil)
        if let will = packet.will { store(will, for: slot) }
        let connack = connack(for: packet, on: connection, slot, isPresent, assigned: isAssigned ? clientID : nil)
        guard PacketEncoder.encodedLength(.connack(connack), version: packet.version) <= maximumPacketSize(of: connection) else {
            // Nothing can be said within the client's Maximum Packet Size [MQTT-3.1.2-24].
            disconnect(connection, .connectionLost, at: now, into: &actions)
            return
        }
        actions.send(.connack(connack), to: connection, isPromise: journal.extent != extent)
        counters.clientsAccepted += 1
        notices.append(.clientConnected(connection: connection, clientID: clientID, version: packet.version, sessionPresent: isPresent))
        resume(slot)
    }

    /// What stands against a CONNECT, in the order in which the standard looks at it.
    private mutating func refusal(of packet: ConnectPacket, on connection: UInt32) -> Refusal? {
        let listener = listeners[Int(connections[connection].listener)]
        if !listener.versions.contains(packet.version) { return .versionNotOffered(packet.version) }
        if packet.properties.authenticationMethod != nil { return .authenticationMethod }  // [MQTT-4.12.0-1]
        if packet.clientID.isEmpty {
            // [MQTT-3.1.3-6]; in 3.1.1 only with Clean Session, in 3.1 not at all [MQTT-3.1.3-8 of 3.1.1].
            let isAllowed = packet.version == .v5 || (packet.version == .v3_1_1 && packet.cleanStart)
            if !isAllowed || !listener.emptyClientIDAllowed { return .emptyClientID }
        }
        if packet.clientID.bytes.count > options.limits.clientIDBytes { return .clientIDTooLong }
        // 3.1 draws the line itself; bridges are outside the standard.
        if packet.version == .v3_1, !packet.isBridge, packet.clientID.string.unicodeScalars.count > 23 { return .clientIDTooLong }
        if !listener.anonymous { return .anonymous }
        if let will = packet.will {
            if will.qos > listener.maximumQoS { return .willQoS }  // [MQTT-3.2.2-12]
            if will.retain, !listener.retainAvailable { return .willRetain }  // [MQTT-3.2.2-13]
            let isTopicRefused = will.topic.bytes.withUnsafeBytes { !TopicName.isValid($0) || self.refusal(of: $0) != .success }
            if isTopicRefused { return .willTopic }
        }
        return nil
    }

    /// Resumes the session of this client or begins a new one; a connection that still has it is taken over
    /// [MQTT-3.1.4-3] [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6].
    private mutating func takeSession(
        _ clientID: [UInt8], _ packet: ConnectPacket, isNew: Bool, at now: Instant, into actions: inout Actions
    ) -> (slot: UInt32, isPresent: Bool) {
        if let found = findSession(clientID), sessions[found].isConnected {
            counters.sessionsTakenOver += 1
            disconnect(sessions[found].connection, .takenOver, at: now, into: &actions)
        }
        // Taking over may have ended the session: one without Session Expiry Interval lasts as long as its connection.
        if let found = findSession(clientID) {
            if !packet.cleanStart {
                cancelExpiry(found)
                discardWill(of: found)
                return (found, true)
            }
            endSession(found, at: now, into: &actions)
        }
        // A new session has its place already; this one takes that of the one that ended.
        if !isNew { _ = place.common.sessions.take(1, upTo: .max) }
        let slot = sessions.insert(Session(clientID: clientID.withUnsafeBytes { SharedBytes(copying: $0) }))
        registry.insert(slot, in: sessions)
        return (slot, false)
    }

    mutating func findSession(_ clientID: [UInt8]) -> UInt32? {
        clientID.withUnsafeBytes { registry.find($0, in: sessions) }
    }

    /// Ties session and connection together, with what holds for this connection only.
    private mutating func attach(_ slot: UInt32, to connection: UInt32, _ packet: ConnectPacket, at now: Instant) {
        let limits = options.limits
        let opened = connections.pointer(to: connection)
        opened.pointee.state = .connected
        opened.pointee.session = slot
        opened.pointee.keepAlive = KeepAlive(seconds: serverKeepAlive(for: packet) ?? packet.keepAliveSeconds)
        opened.pointee.receiveMaximum = UInt16(clamping: limits.receiveMaximum)
        opened.pointee.packetBytes = limits.packetBytes
        opened.pointee.maximumQoS = listeners[Int(opened.pointee.listener)].maximumQoS
        opened.pointee.retainAvailable = listeners[Int(opened.pointee.listener)].retainAvailable
        timers.cancel(opened.pointee.timer)
        opened.pointee.timer = TimerWheel.none
        armKeepAlive(connection)
        if packet.version == .v5 {
            opened.pointee.inboundAliases = InboundTopicAliases(maximum: UInt16(clamping: limits.topicAliases))
            let aliases = min(Int(packet.properties.topicAliasMaximum ?? 0), limits.outgoingTopicAliases)
            opened.pointee.outboundAliases = OutboundTopicAliases(maximum: UInt16(clamping: aliases))
        }
        let session = sessions.pointer(to: slot)
        session.pointee.connection = connection
        session.pointee.version = packet.version
        session.pointee.isBridge = packet.isBridge
        session.pointee.slowConsumer = listeners[Int(opened.pointee.listener)].slowConsumer
        session.pointee.backlog.remove(.offline)
        queued.cameBack(session.pointee.queuedBytes)
        session.pointee.sendQuota = SendQuota(min(Int(packet.properties.receiveMaximum ?? 65_535), limits.inFlight))
        session.pointee.maximumPacketSize = opened.pointee.maximumPacketSize
        session.pointee.usesTopicAliases = !opened.pointee.outboundAliases.isOff
        session.pointee.expirySeconds = min(Self.requestedExpiry(packet), UInt32(clamping: limits.sessionExpirySeconds))
        let resend = listeners[Int(opened.pointee.listener)].resendSeconds
        if resend > 0, packet.version < .v5 { armResendTimer(connection, seconds: resend, at: now) }
        connectedCount += 1
    }

    /// In 3.x a session without Clean Session lasts until the administrator's limit.
    private static func requestedExpiry(_ packet: ConnectPacket) -> UInt32 {
        if packet.version == .v5 { return packet.properties.sessionExpiryInterval ?? 0 }
        return packet.cleanStart ? 0 : .max
    }

    /// The Keep Alive the server sets instead of the client's, if it does [MQTT-3.2.2-22].
    private mutating func serverKeepAlive(for packet: ConnectPacket) -> UInt16? {
        let maximum = options.limits.keepAliveSeconds
        guard packet.version == .v5, maximum > 0, packet.keepAliveSeconds == 0 || Int(packet.keepAliveSeconds) > maximum else { return nil }
        return UInt16(clamping: maximum)
    }

    /// CONNACK with what this listener offers [MQTT-3.1.4-5] [MQTT-3.2.2-3].
    private mutating func connack(
        for packet: ConnectPacket, on connection: UInt32, _ slot: UInt32, _ isPresent: Bool, assigned: [UInt8]?
    ) -> ConnackPacket {
        var connack = ConnackPacket(sessionPresent: isPresent && packet.version != .v3_1, reasonCode: .success)
        guard packet.version == .v5 else { return connack }
        let limits = options.limits
        let listener = listeners[Int(connections[connection].listener)]
        if sessions[slot].expirySeconds != Self.requestedExpiry(packet) {
            connack.properties.append(.sessionExpiryInterval(seconds: sessions[slot].expirySeconds))
        }
        if limits.receiveMaximum < 65_535 { connack.properties.append(.receiveMaximum(UInt16(clamping: limits.receiveMaximum))) }
        if listener.maximumQoS != .exactlyOnce { connack.properties.append(.maximumQoS(listener.maximumQoS.rawValue)) }  // [MQTT-3.2.2-9]
        if !listener.retainAvailable { connack.properties.append(.retainAvailable(false)) }
        if limits.packetBytes < MQTTCodec.maximumRemainingLength {
            connack.properties.append(.maximumPacketSize(UInt32(clamping: limits.packetBytes)))
        }
        if let assigned { connack.properties.append(.assignedClientIdentifier(UTF8Text(unchecked: assigned))) }  // [MQTT-3.1.3-7]
        if limits.topicAliases > 0 { connack.properties.append(.topicAliasMaximum(UInt16(clamping: limits.topicAliases))) }
        if !listener.wildcardSubscriptionAvailable { connack.properties.append(.wildcardSubscriptionAvailable(false)) }
        if !listener.subscriptionIdentifierAvailable { connack.properties.append(.subscriptionIdentifierAvailable(false)) }
        if !listener.sharedSubscriptionAvailable { connack.properties.append(.sharedSubscriptionAvailable(false)) }
        if let seconds = serverKeepAlive(for: packet) { connack.properties.append(.serverKeepAlive(seconds: seconds)) }
        if packet.properties.requestResponseInformation == true, let information = options.responseInformation {  // [MQTT-3.1.2-28]
            connack.properties.append(.responseInformation(UTF8Text(information)))
        }
        return connack
    }

    /// Lets what waits for this session go out after its CONNACK.
    private mutating func resume(_ slot: UInt32) {
        let session = sessions.pointer(to: slot)
        session.pointee.toResend.deallocate()
        session.pointee.flows.beginConnection()
        for packetID in session.pointee.flows.inOrder() { session.pointee.toResend.append(packetID) }
        if !session.pointee.toResend.isEmpty { session.pointee.backlog.insert(.resending) }
        if !session.pointee.backlog.isEmpty || session.pointee.firstRetainedCursor != RetainedCursor.none || pendingGroups > 0
            || session.pointee.joinedGroups > 0
        {
            scheduleDrain(slot)
        }
    }

    /// A Client Identifier that no session bears [MQTT-3.2.2-16]. It is hashed under the key: the generator's own output
    /// would tell what it gives next, and what it gave before, which is that key.
    private mutating func unusedClientID() -> [UInt8] {
        while true {
            var clientID = Array("auto-".utf8)
            var bits = hash(random.next())
            for _ in 0..<16 {
                clientID.append(UInt8(ascii: "a") + UInt8(bits & 15))
                bits >>= 4
            }
            let isOurs = clientID.withUnsafeBytes { shard(of: $0) } == place.index
            if isOurs, findSession(clientID) == nil { return clientID }
        }
    }
}
