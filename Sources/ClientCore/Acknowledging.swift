import MQTTCodec
import MQTTSession

/// The server's answers to what we have published.
extension ClientCore {
    /// PUBACK ends a QoS 1 exchange [MQTT-4.3.2-3].
    mutating func puback(_ acknowledgement: PublishAcknowledgement, into actions: inout ClientActions) throws(ProtocolError) {
        switch flows.puback(acknowledgement.packetID) {
        case .completed(let exchange): through(exchange, acknowledgement.outcome, into: &actions)
        // One that was sent twice may be acknowledged twice.
        case .unknown: break
        case .release, .releaseAgain, .wrongKind: throw .acknowledgementOfOtherKind
        }
    }

    /// PUBREC: the server has the message; PUBREL says that we know [MQTT-4.3.3-4] [MQTT-4.3.3-1 of 3.1.1].
    mutating func pubrec(_ acknowledgement: PublishAcknowledgement, into actions: inout ClientActions) throws(ProtocolError) {
        let packetID = acknowledgement.packetID
        switch flows.pubrec(packetID, isFailure: acknowledgement.reasonCode.isFailure) {
        case .completed(let exchange): through(exchange, acknowledgement.outcome, into: &actions)  // [MQTT-4.4.0-2]
        case .release(let exchange):
            let slot = exchange.delivery.message
            outbox.release(slot, acknowledgement.reasonCode)
            let sequence = outbox[slot]?.sequence ?? 0
            outbox.change(.release(packetID: packetID, sequence: sequence))
            // In the order of the PUBRECs [MQTT-4.6.0-4] [MQTT-4.6.0-4 of 3.1.1].
            hold(.pubrel, packetID: packetID, into: &actions)
        case .releaseAgain: hold(.pubrel, packetID: packetID, into: &actions)
        case .unknown:
            let reason = version == .v5 ? ReasonCode.packetIdentifierNotFound : .success
            send(.acknowledgement(PublishAcknowledgement(.pubrel, packetID: packetID, reasonCode: reason)), into: &actions)
        case .wrongKind: throw .acknowledgementOfOtherKind
        }
    }

    /// PUBCOMP ends a QoS 2 exchange.
    mutating func pubcomp(_ acknowledgement: PublishAcknowledgement, into actions: inout ClientActions) throws(ProtocolError) {
        switch flows.pubcomp(acknowledgement.packetID) {
        case .completed(let exchange):
            through(exchange, .done(outbox[exchange.delivery.message]?.reasonCode ?? .success), into: &actions)
        case .unknown: break
        case .release, .releaseAgain, .wrongKind: throw .acknowledgementOfOtherKind
        }
    }

    private mutating func through(_ exchange: OutboundFlows.Exchange, _ outcome: Outcome, into actions: inout ClientActions) {
        if exchange.takesQuota { quota.giveBack() }
        let slot = exchange.delivery.message
        let sequence = outbox[slot]?.sequence ?? 0
        outbox.change(.end(packetID: exchange.packetID, sequence: sequence))
        if case .failed(let error) = outcome { fail(slot, error, into: &actions) } else { finish(slot, outcome, into: &actions) }
        if !subscriptions.postponed.isEmpty { askPostponed(into: &actions) }
        pump(into: &actions)
    }

    // MARK: The Session after a connection

    /// The server has kept the Session: what is under way goes on, in its order [MQTT-4.4.0-1] [MQTT-4.6.0-1]
    /// [MQTT-4.4.0-1 of 3.1.1] [MQTT-4.6.0-1 of 3.1.1].
    mutating func resumeSession() {
        flows.beginConnection()
        resending = Resending(packetIDs: flows.inOrder())
        // The server sends these once more.
        subscriptions.unclaimed.removeAll { $0.qos == .atLeastOnce }
    }

    /// The server has no Session: ours ends, too [MQTT-3.2.2-5]. Messages the server may not have are sent anew, as the first, since
    /// nobody else has them; those it has answered with PUBREC are its own.
    mutating func beginSession(into actions: inout ClientActions) {
        inboundFlows.deallocate()
        arrivals.forgetExactlyOnce()
        let packetIDs = flows.inOrder()
        guard !packetIDs.isEmpty else { return }
        outbox.change(.forgetExchanges)
        outbox.waitAgain(packetIDs.compactMap { flows.exchange($0) }.filter { $0.state != .awaitingPubcomp }.map(\.delivery.message))
        for packetID in packetIDs {
            guard let exchange = flows.exchange(packetID) else { continue }
            flows.abandon(packetID)
            if exchange.state == .awaitingPubcomp {
                finish(exchange.delivery.message, .done(outbox[exchange.delivery.message]?.reasonCode ?? .success), into: &actions)
            }
        }
    }
}

extension PublishAcknowledgement {
    fileprivate var outcome: Outcome {
        reasonCode.isFailure ? .failed(.publishRefused(reasonCode, reason: properties.reasonString?.string)) : .done(reasonCode)
    }
}
