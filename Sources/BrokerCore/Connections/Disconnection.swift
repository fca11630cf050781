import MQTTCodec
import MQTTSession
import Primitives

/// Why a connection ends, what the client is told, and what becomes of its session and its Will.
extension BrokerCore {
    /// DISCONNECT from the client [MQTT5 §3.14].
    mutating func handleDisconnect(_ packet: DisconnectPacket, from connection: UInt32, at now: Instant, into actions: inout Actions) {
        let slot = connections[connection].session
        if let seconds = packet.properties.sessionExpiryInterval {
            if sessions[slot].expirySeconds == 0, seconds > 0 {
                disconnect(connection, .protocolError(.sessionExpiryRaisedFromZero), at: now, into: &actions)
                return
            }
            sessions[slot].expirySeconds = min(seconds, UInt32(clamping: options.limits.sessionExpirySeconds))
        }
        if packet.reasonCode == .success { discardWill(of: slot) }  // [MQTT-3.14.4-3]
        disconnect(connection, .client(packet.reasonCode), at: now, into: &actions)
    }

    /// Ends a connection: DISCONNECT with the reason where there is one and the version has it, then close
    /// [MQTT-4.13.2-1] [MQTT-3.14.4-1] [MQTT-3.14.4-2].
    mutating func disconnect(_ connection: UInt32, _ cause: DisconnectCause, at now: Instant, into actions: inout Actions) {
        guard isOpen(connection) else { return }
        let ended = connections[connection]
        if ended.state == .awaitingConnect {
            // [MQTT-3.14.0-1]: no DISCONNECT before CONNACK.
            end(connection, lingers: false, into: &actions)
            return
        }
        if ended.version == .v5, let reasonCode = cause.reasonCode {
            actions.send(.disconnect(DisconnectPacket(reasonCode: reasonCode)), to: connection)
        }
        notices.append(
            .clientDisconnected(connection: connection, clientID: Array(sessions[ended.session].clientIDBytes), cause: cause))
        end(connection, lingers: cause.reasonCode != nil, into: &actions)
        detach(ended.session, at: now, into: &actions)
    }

    /// The connection takes part in nothing any more.
    mutating func end(_ connection: UInt32, lingers: Bool, into actions: inout Actions) {
        let ended = connections.pointer(to: connection)
        ended.pointee.state = .closed
        if ended.pointee.timer != TimerWheel.none { timers.cancel(ended.pointee.timer) }
        if ended.pointee.resendTimer != TimerWheel.none { timers.cancel(ended.pointee.resendTimer) }
        ended.pointee.timer = TimerWheel.none
        ended.pointee.resendTimer = TimerWheel.none
        ended.pointee.inboundAliases.deallocate()
        ended.pointee.outboundAliases.deallocate()
        actions.append(.close(connection: connection, lingers: lingers))
    }

    /// The session goes on alone: its Will and its expiry begin to count.
    private mutating func detach(_ slot: UInt32, at now: Instant, into actions: inout Actions) {
        let session = sessions.pointer(to: slot)
        session.pointee.connection = Connection.none
        session.pointee.backlog.remove([.congested, .resending])
        session.pointee.backlog.insert(.offline)
        queued.wentOffline(session.pointee.queuedBytes)
        session.pointee.isDraining = false
        session.pointee.toResend.deallocate()
        forgetAcknowledgements(of: slot)
        connectedCount -= 1
        dropQueuedAtMostOnce(session)
        if session.pointee.number != 0 {
            keepSession(slot, disconnectedAt: now)
            spillQueue(session)
        }
        if session.pointee.joinedGroups > 0 { tellMemberState(slot) }
        takeBackShared(from: slot, at: now, into: &actions)
        startWillDelay(slot, at: now, into: &actions)
        startExpiry(slot, at: now, into: &actions)
    }

    /// QoS 0 is not kept for a client that is away.
    private mutating func dropQueuedAtMostOnce(_ session: UnsafeMutablePointer<Session>) {
        guard session.pointee.queuedAtMostOnce > 0 else { return }
        for _ in 0..<session.pointee.queue.count {
            guard let delivery = popQueue(session) else { return }
            if delivery.qos == .atMostOnce {
                settleShared(delivery)
                release(delivery)
            } else {
                requeue(delivery, session)
            }
        }
    }

    /// Puts a message back that was taken from the front: behind all others.
    mutating func requeue(_ delivery: Delivery, _ session: UnsafeMutablePointer<Session>) {
        let size = messages[delivery.message].size
        session.pointee.queue.append(delivery)
        session.pointee.queuedBytes += size
        session.pointee.backlog.insert(.queued)
        queued.add(size, isOffline: session.pointee.backlog.contains(.offline))
    }
}
