import MQTTCodec
import MQTTSession
import Primitives

extension ClientCore {
    mutating func start(_ stored: StoredOutbox?, at now: Instant, into actions: inout ClientActions) {
        guard phase == .idle else { return }
        if let problem = configuration.problem { return end(problem, into: &actions) }
        if let stored { restore(stored, into: &actions) }
        if clientID.isEmpty, version < .v5 { clientID = randomClientID() }
        open(at: now, into: &actions)
    }

    /// Ends the client, saying so to the server; a Will stays with it if `publishWill` [MQTT-3.14.4-3] [MQTT-3.1.2-8].
    mutating func stop(publishWill: Bool, into actions: inout ClientActions) {
        if phase == .connected { disconnect(publishWill ? .disconnectWithWillMessage : .success, into: &actions) }
        end(nil, into: &actions)
    }

    mutating func opened(at now: Instant, into actions: inout ClientActions) {
        guard phase == .opening else { return }
        phase = .handshaking
        sendConnect(into: &actions)
    }

    mutating func openFailed(_ reason: String, at now: Instant, into actions: inout ClientActions) {
        guard phase == .opening else { return }
        let server = reconnection.server
        reconnection.failedToOpen()
        lose(.unreachable(server, reason: reason), at: now, into: &actions)
    }

    /// The peer has ended the connection, or it is broken. A server that lets nobody in has its turn later.
    mutating func closed(at now: Instant, into actions: inout ClientActions) {
        guard phase == .handshaking || phase == .connected else { return }
        if phase == .handshaking { reconnection.failedToOpen() }
        lose(.connectionLost, at: now, into: &actions)
    }

    /// Opening or handshaking has taken too long, or it is time to try again.
    mutating func phaseEnded(at now: Instant, into actions: inout ClientActions) {
        switch phase {
        case .waiting: open(at: now, into: &actions)
        case .opening: openFailed("no answer in time", at: now, into: &actions)
        case .handshaking:
            reconnection.failedToOpen()
            lose(.timedOut, at: now, into: &actions)
        case .idle, .connected, .stopped: phaseDeadline = .never
        }
    }

    /// The connection is over or not to be had: another one is tried, unless `isFinal` or the limit of attempts is reached.
    mutating func lose(_ error: MQTTClientError, isFinal: Bool = false, at now: Instant, into actions: inout ClientActions) {
        dropConnection(into: &actions)
        guard !isFinal, let delay = reconnection.nextDelay(configuration.reconnection, at: now, random: &random) else {
            return end(error, into: &actions)
        }
        phase = .waiting
        phaseDeadline = now.advanced(byMilliseconds: delay)
        actions.append(.state(.disconnected(error, retryAfter: .milliseconds(delay))))
    }

    /// The client is over: nobody waits any longer.
    mutating func end(_ error: MQTTClientError?, into actions: inout ClientActions) {
        guard phase != .stopped else { return }
        dropConnection(into: &actions)
        phase = .stopped
        phaseDeadline = .never
        let reason = error ?? .stopped
        let outcome = Outcome.failed(reason)
        for operation in outbox.removeOperations() { actions.complete(operation, outcome) }
        for flush in flushes { actions.complete(flush.operation, outcome) }
        flushes.removeAll()
        for operation in subscriptions.removeOperations() { actions.complete(operation, outcome) }
        for subscription in subscriptions.removeAll() { actions.append(.ended(subscription: subscription, reason)) }
        commitChanges(areLast: true, into: &actions)
        actions.append(.state(.stopped(error)))
        actions.append(.finished(error))
    }

    /// Tells the server why the connection ends; only 5.0 has more than one way [MQTT-3.14.1-1] [MQTT-3.14.2-1].
    mutating func disconnect(_ reason: ReasonCode, into actions: inout ClientActions) {
        var packet = DisconnectPacket(reasonCode: reason)
        // A Session that ends with this run is not left behind.
        if version == .v5, reason == .success || reason == .disconnectWithWillMessage, configuration.session == .thisRun {
            packet.properties.append(.sessionExpiryInterval(seconds: 0))
        }
        // 3.1.1 knows a normal end only, which would have the Will discarded.
        if version == .v5 || reason == .success { send(.disconnect(packet), into: &actions) }
    }

    /// The server broke the rules [MQTT-4.13.1-1].
    mutating func refuse(_ reason: ReasonCode, _ what: String, at now: Instant, into actions: inout ClientActions) {
        if phase == .connected { disconnect(reason, into: &actions) }
        lose(.protocolViolation(what), at: now, into: &actions)
    }

    func send(_ packet: Packet, into actions: inout ClientActions) {
        PacketEncoder.encode(packet, version: version, into: &actions.output)
    }

    private mutating func open(at now: Instant, into actions: inout ClientActions) {
        phase = .opening
        phaseDeadline = now.advanced(byMilliseconds: configuration.connectTimeout.wholeMilliseconds)
        let server = reconnection.nextServer(of: configuration.servers)
        actions.append(.state(.connecting(server, attempt: reconnection.attempt)))
        actions.append(.open(server))
    }

    /// Everything that belongs to the Network Connection ends with it [MQTT-3.3.2-7].
    private mutating func dropConnection(into actions: inout ClientActions) {
        if phase == .opening || phase == .handshaking || phase == .connected { actions.append(.close) }
        info = nil
        isCongested = false
        resending = Resending()
        // What has no exchange to be sent again by goes back to the front.
        for index in stride(from: outbox.held.count - 1, through: 0, by: -1) where outbox.held[index].kind == .unnumbered {
            outbox.waitFirst(outbox.held[index].slot)
        }
        outbox.held.deallocate()
        subscriptions.connectionLost(&flows)
        outgoingAliases.deallocate()
        outgoingAliases = OutboundTopicAliases(maximum: 0)
        incomingAliases.deallocate()
        incomingAliases = InboundTopicAliases(maximum: 0)
        arrivals.beginConnection()
        for operation in pings { actions.complete(operation, .failed(.connectionLost)) }
        pings.removeAll()
        actions.complete(reauthentication, .failed(.connectionLost))
        reauthentication = .nobody
    }

    private mutating func randomClientID() -> String {
        let letters = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return "martlet-" + String((0..<12).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] })
    }
}
