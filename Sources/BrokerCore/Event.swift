import MQTTCodec
import MQTTSession
import Primitives

/// What may happen, apart from packets.
public enum Event: Sendable {
    /// The network closed or broke.
    case connectionClosed(UInt32)
    /// Bytes came that are no packet.
    case malformed(UInt32, MalformedPacket)
    /// What was written to a connection exceeds its bound: nothing more until `drained`.
    case congested(UInt32)
    /// A congested connection goes on asking: the answers it does not read exceed the same bound once more.
    case answersUnread(UInt32)
    /// A congested connection has room again.
    case drained(UInt32)
    /// Unfinished packets of all connections together exceed their bound, and this connection wants more.
    case unfinishedPacketsFull(UInt32)
    /// A configuration was read again.
    case optionsChanged(BrokerOptions, listeners: [ListenerOptions])
    /// After a recovery, all shards have told each other what came of it.
    case recovered
    /// The broker stops.
    case shutdown
}

extension BrokerCore {
    /// Deals with anything that is not a packet.
    public mutating func handle(_ event: Event, at now: Instant, into actions: inout Actions) {
        present = now
        switch event {
        case .connectionClosed(let connection):
            disconnect(connection, .connectionLost, at: now, into: &actions)
        case .malformed(let connection, let malformed):
            refuseBytes(connection, malformed, at: now, into: &actions)
        case .congested(let connection):
            guard connections[connection].state == .connected else { return }
            let session = connections[connection].session
            sessions[session].backlog.insert(.congested)
            if sessions[session].joinedGroups > 0 { tellMemberState(session) }
        case .answersUnread(let connection):
            disconnect(connection, .slowConsumer, at: now, into: &actions)
        case .drained(let connection):
            guard connections[connection].state == .connected else { return }
            let session = connections[connection].session
            sessions[session].backlog.remove(.congested)
            scheduleDrain(session)
        case .unfinishedPacketsFull(let connection):
            disconnect(connection, .unfinishedPacketsFull, at: now, into: &actions)
        case .optionsChanged(let options, let listeners):
            self.options = options
            self.listeners = listeners
            router.maximum = options.limits.routerCacheTopics
            queued.giveBack()
            outbox.laneBytes = options.limits.mailboxBytes
            armSystemTopics(at: now)
        case .recovered: dropUnjoined()
        case .shutdown:
            for connection in 0..<connections.end where isOpen(connection) {
                disconnect(connection, .serverShuttingDown, at: now, into: &actions)
            }
        }
        disconnectDoomed(at: now, into: &actions)
    }

    /// Deals with a packet that is not one of the data path.
    public mutating func handle(_ packet: Packet, from connection: UInt32, at now: Instant, into actions: inout Actions) {
        touch(connection, at: now)
        let extent = journal.extent
        defer { if journal.extent > extent, isDiskBehind { waitForDisk() } }
        guard connections[connection].state == .connected else {
            if case .connect(let connect) = packet {
                self.connect(connect, on: connection, at: now, into: &actions)
            } else {
                // [MQTT-3.1.0-1] [MQTT-3.14.0-1]: closed without a word.
                refuse(connection, .notConnect, at: now, into: &actions)
            }
            disconnectDoomed(at: now, into: &actions)
            return
        }
        switch packet {
        case .subscribe(let subscribe): self.subscribe(subscribe, from: connection, at: now, into: &actions)
        case .unsubscribe(let unsubscribe): self.unsubscribe(unsubscribe, from: connection, into: &actions)
        case .disconnect(let disconnect): handleDisconnect(disconnect, from: connection, at: now, into: &actions)
        case .auth:
            // No Authentication Method was accepted at CONNECT [MQTT-4.12.0-7] [MQTT-4.12.1-1].
            disconnect(connection, .protocolError(.authenticationNotStarted), at: now, into: &actions)
        case .connect:  // [MQTT-3.1.0-2]
            disconnect(connection, .protocolError(.secondConnect), at: now, into: &actions)
        case .pingRequest: actions.append(.pingResponse(connection: connection))
        case .connack, .suback, .unsuback, .pingResponse, .publish, .acknowledgement:
            disconnect(connection, .protocolError(.packetOfServer), at: now, into: &actions)
        }
        disconnectDoomed(at: now, into: &actions)
    }

    /// Answers PINGREQ [MQTT-3.12.4-1].
    public mutating func handlePingRequest(from connection: UInt32, at now: Instant, into actions: inout Actions) {
        guard isConnected(connection, at: now, into: &actions) else { return }
        actions.append(.pingResponse(connection: connection))
    }

    /// Ends the connections that earlier work doomed: never in the middle of a list somebody is walking.
    mutating func disconnectDoomed(at now: Instant, into actions: inout Actions) {
        while let (connection, cause) = doomed.popLast() {
            if isOpen(connection) { disconnect(connection, cause, at: now, into: &actions) }
        }
    }

    /// Notes that a complete packet came [MQTT-3.1.2-22].
    @inline(__always) mutating func touch(_ connection: UInt32, at now: Instant) {
        present = now
        connections[connection].lastPacket = now
        counters.packetsReceived &+= 1
    }

    /// Whether a packet other than CONNECT may come; otherwise the connection is closed [MQTT-3.1.0-1].
    @inline(__always)
    mutating func isConnected(_ connection: UInt32, at now: Instant, into actions: inout Actions) -> Bool {
        touch(connection, at: now)
        if connections[connection].state == .connected { return true }
        refuse(connection, .notConnect, at: now, into: &actions)
        return false
    }
}
