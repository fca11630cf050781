import MQTTCodec
import MQTTSession
import Primitives

/// PUBACK, PUBREC, PUBREL and PUBCOMP from a client.
extension BrokerCore {
    /// Deals with an acknowledgement in the dialogue of QoS 1 or 2 [MQTT5 §4.3].
    public mutating func handle(
        _ kind: PublishAcknowledgement.Kind, _ view: AcknowledgementView, from connection: UInt32, at now: Instant,
        into actions: inout Actions
    ) {
        guard isConnected(connection, at: now, into: &actions) else { return }
        let slot = connections[connection].session
        let session = sessions.pointer(to: slot)
        let outcome: OutboundFlows.Outcome
        switch kind {
        case .puback: outcome = session.pointee.flows.puback(view.packetID)
        case .pubrec: outcome = session.pointee.flows.pubrec(view.packetID, isFailure: view.reasonCode.isFailure)
        case .pubcomp: outcome = session.pointee.flows.pubcomp(view.packetID)
        case .pubrel:
            // [MQTT-4.3.3-11]: also when the identifier is not known, which is no error after a recovery.
            let isKnown = session.pointee.inbound.remove(view.packetID)
            if isKnown { forgetReceived(view.packetID, of: session) }
            actions.append(
                .acknowledge(
                    connection: connection, kind: .pubcomp, packetID: view.packetID,
                    reasonCode: isKnown ? .success : .packetIdentifierNotFound, isPromise: session.pointee.number != 0))
            return
        }
        switch outcome {
        case .completed(let exchange):
            // An exchange at PUBCOMP has given its message back already.
            if exchange.state != .awaitingPubcomp {
                settle(exchange.delivery, of: session)
                release(exchange.delivery)
            }
            if exchange.delivery.hasExchangeRecord || (exchange.state == .awaitingPubcomp && session.pointee.number != 0) {
                forgetExchange(view.packetID, of: session)
            }
            // Otherwise more than the Receive Maximum would be unacknowledged on this connection [MQTT-3.3.4-9].
            if exchange.takesQuota { session.pointee.sendQuota.giveBack() }
            if hasWaiting(session) { scheduleDrain(slot) }
        case .release(let exchange):
            if session.pointee.number != 0 { keepExchange(view.packetID, exchange.delivery, isReleased: true, of: session) }
            settle(exchange.delivery, of: session)
            release(exchange.delivery)
            acknowledge(.pubrel, view.packetID, .success, connection, isPromise: session.pointee.number != 0, into: &actions)
        case .releaseAgain:
            acknowledge(.pubrel, view.packetID, .success, connection, isPromise: session.pointee.number != 0, into: &actions)
        case .unknown:
            // PUBACK and PUBCOMP are ignored; PUBREL keeps the client's flow going, unless it has ended it [MQTT-4.3.3-4].
            if kind == .pubrec, !view.reasonCode.isFailure {
                acknowledge(.pubrel, view.packetID, .packetIdentifierNotFound, connection, into: &actions)
            }
        case .wrongKind:
            disconnect(connection, .protocolError(.acknowledgementOfOtherKind), at: now, into: &actions)
        }
        if !doomed.isEmpty { disconnectDoomed(at: now, into: &actions) }
    }

    /// Whether an acknowledgement may set something free.
    @inline(__always)
    private func hasWaiting(_ session: UnsafeMutablePointer<Session>) -> Bool {
        !session.pointee.backlog.isEmpty || session.pointee.joinedGroups > 0 || session.pointee.firstRetainedCursor != RetainedCursor.none
            || pendingGroups > 0
    }

    @inline(__always)
    private func acknowledge(
        _ kind: PublishAcknowledgement.Kind, _ packetID: UInt16, _ reasonCode: ReasonCode, _ connection: UInt32,
        isPromise: Bool = false, into actions: inout Actions
    ) {
        actions.append(
            .acknowledge(connection: connection, kind: kind, packetID: packetID, reasonCode: reasonCode, isPromise: isPromise))
    }

    /// A round of the resend timer of a 3.x connection: what the last round has seen already is sent again with DUP.
    mutating func resendTimerFired(_ connection: UInt32, at now: Instant, into actions: inout Actions) {
        guard isOpen(connection) else { return }
        let seconds = listeners[Int(connections[connection].listener)].resendSeconds
        connections[connection].resendTimer = TimerWheel.none
        guard seconds > 0 else { return }
        let session = sessions.pointer(to: connections[connection].session)
        if session.pointee.backlog.isDisjoint(with: [.congested, .resending]) {
            for packetID in session.pointee.flows.inOrder() where session.pointee.flows.markOld(packetID) {
                guard let exchange = session.pointee.flows.exchange(packetID) else { continue }
                if exchange.state == .awaitingPubcomp {
                    acknowledge(.pubrel, packetID, .success, connection, into: &actions)
                } else {
                    send(exchange.delivery, packetID: packetID, dup: true, to: session, into: &actions)
                }
            }
        }
        armResendTimer(connection, seconds: seconds, at: now)
    }

    mutating func armResendTimer(_ connection: UInt32, seconds: Int, at now: Instant) {
        connections[connection].resendTimer = timers.arm(
            TimerToken.make(.resend, connection), at: now.advanced(bySeconds: UInt32(clamping: seconds)))
    }
}
