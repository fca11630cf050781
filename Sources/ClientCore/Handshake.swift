import MQTTCodec
import MQTTSession
import Primitives

extension ClientCore {
    /// CONNECT is the first packet of a connection [MQTT-3.1.0-1] [MQTT-3.1.0-1 of 3.1.1].
    mutating func sendConnect(into actions: inout ClientActions) {
        let cleanStart = version == .v5 ? !hasSessionState : configuration.session == .thisRun
        reconnection.askedForCleanStart = cleanStart
        var packet = ConnectPacket(
            version: version, cleanStart: cleanStart, keepAliveSeconds: configuration.keepAliveSeconds, clientID: UTF8Text(clientID))
        packet.userName = configuration.userName.map { UTF8Text($0) }
        packet.password = configuration.password
        packet.will = configuration.will.map { ConnectPacket.Will($0) }
        if version == .v5 { packet.properties = connectProperties }
        send(.connect(packet), into: &actions)
    }

    /// CONNACK came.
    mutating func connected(_ packet: ConnackPacket, at now: Instant, into actions: inout ClientActions) {
        guard packet.reasonCode == .success else { return refused(packet, at: now, into: &actions) }
        // [MQTT-3.2.2-4]; in 3.1 the flag does not exist.
        if packet.sessionPresent, reconnection.askedForCleanStart {
            return lose(.protocolViolation("the server has a Session where a new one was asked for"), at: now, into: &actions)
        }
        if let problem = problem(packet.properties) {
            disconnect(.protocolError, into: &actions)
            return lose(.protocolViolation(problem), at: now, into: &actions)
        }
        limits = ServerLimits(packet.properties, version: version)
        if let assigned = packet.properties.assignedClientIdentifier { clientID = assigned.string }
        let keepAliveSeconds = packet.properties.serverKeepAlive ?? configuration.keepAliveSeconds
        quota = SendQuota(min(limits.receiveMaximum, Int(configuration.inFlight)))
        outgoingAliases = OutboundTopicAliases(maximum: min(limits.topicAliasMaximum, configuration.outgoingTopicAliases))
        incomingAliases = InboundTopicAliases(maximum: version == .v5 ? configuration.topicAliasMaximum : 0)
        phase = .connected
        phaseDeadline = .never
        reconnection.connected(at: now)
        keepAlive.begin(seconds: keepAliveSeconds, at: now)
        let info = ConnectionInfo(
            packet, server: reconnection.server, clientID: clientID, keepAliveSeconds: keepAliveSeconds, limits: limits,
            sessionExpirySeconds: version == .v5 ? packet.properties.sessionExpiryInterval ?? configuration.sessionExpirySeconds : nil)
        self.info = info
        actions.append(.state(.connected(info)))
        // The state of the first connection of this run is somebody else's: an earlier run's.
        subscriptions.isResumedFromEarlierRun =
            packet.sessionPresent && (subscriptions.isResumedFromEarlierRun || !reconnection.wasConnected)
        if subscriptions.isResumedFromEarlierRun, !reconnection.wasConnected {
            subscriptions.claimingEnds = now.advanced(bySeconds: Self.claimingSeconds)
        }
        reconnection.wasConnected = true
        hasSessionState = version == .v5 || configuration.session != .thisRun
        if packet.sessionPresent {
            resumeSession()
        } else {
            beginSession(into: &actions)
        }
        askForSubscriptions(isNewSession: !packet.sessionPresent, into: &actions)
        pump(into: &actions)
    }

    private mutating func refused(_ packet: ConnackPacket, at now: Instant, into actions: inout ClientActions) {
        let error = MQTTClientError.refused(packet.reasonCode, reason: packet.properties.reasonString?.string)
        let isFinal = !mayTryAgain(packet.reasonCode, packet.properties)
        switch packet.reasonCode {
        case .useAnotherServer, .serverMoved: break
        // Where one has no room now, the next one may have.
        default: reconnection.failedToOpen()
        }
        lose(error, isFinal: isFinal, at: now, into: &actions)
    }

    /// The server ended the connection; DISCONNECT of a server exists in 5.0 only.
    mutating func disconnected(_ packet: DisconnectPacket, at now: Instant, into actions: inout ClientActions) {
        let error = MQTTClientError.disconnected(packet.reasonCode, reason: packet.properties.reasonString?.string)
        lose(error, isFinal: !mayTryAgain(packet.reasonCode, packet.properties), at: now, into: &actions)
    }

    /// Whether another attempt can do better, and where [MQTT5 §4.11].
    private mutating func mayTryAgain(_ reason: ReasonCode, _ properties: PropertyList) -> Bool {
        switch reason {
        case .useAnotherServer, .serverMoved:
            if let text = properties.serverReference?.string, let server = ServerAddress(reference: text) {
                reconnection.refer(to: server, forGood: reason == .serverMoved)
                return true
            }
            reconnection.failedToOpen()
            return configuration.servers.count > 1
        case .unsupportedProtocolVersion, .clientIdentifierNotValid, .badUserNameOrPassword, .notAuthorized, .banned,
            .badAuthenticationMethod, .malformedPacket, .protocolError, .topicNameInvalid, .packetTooLarge, .payloadFormatInvalid,
            .retainNotSupported, .qosNotSupported, .sessionTakenOver:
            return false
        default: return true
        }
    }

    // MARK: Enhanced authentication [MQTT5 §4.12]

    /// AUTH came: a challenge to answer, or the end of a repeated authentication.
    mutating func authenticated(_ packet: AuthPacket, at now: Instant, into actions: inout ClientActions) {
        guard let authentication = configuration.authentication, packet.properties.authenticationMethod?.string == authentication.method
        else {
            return refuse(.protocolError, "AUTH of a method that was not asked for", at: now, into: &actions)
        }
        switch packet.reasonCode {
        case .continueAuthentication where phase == .handshaking || reauthentication != .nobody:
            guard let answer = authentication.answer(packet.properties.authenticationData ?? []), answer.count <= 65_535 else {
                return refuse(.unspecifiedError, Self.mistrust, at: now, into: &actions)  // [MQTT-4.12.1-2]
            }
            sendAuth(.continueAuthentication, answer, into: &actions)  // [MQTT-4.12.0-3]
        case .success where reauthentication != .nobody:
            if let data = packet.properties.authenticationData, authentication.answer(data) == nil {
                return refuse(.unspecifiedError, Self.mistrust, at: now, into: &actions)
            }
            actions.complete(reauthentication, .done(.success))
            reauthentication = .nobody
        default: refuse(.protocolError, "AUTH that was not asked for", at: now, into: &actions)
        }
    }

    /// Authenticates once more on the same connection [MQTT-4.12.1-1]; without a method no AUTH is ever sent [MQTT-4.12.0-7].
    mutating func reauthenticate(_ operation: Operation, into actions: inout ClientActions) {
        guard let authentication = configuration.authentication, version == .v5 else {
            return actions.complete(operation, .failed(.invalidArgument("authentication: expected one in the configuration")))
        }
        guard phase == .connected else { return actions.complete(operation, .failed(phase == .stopped ? .stopped : .connectionLost)) }
        guard reauthentication == .nobody else {
            return actions.complete(operation, .failed(.invalidArgument("authentication: expected one at a time")))
        }
        reauthentication = operation
        sendAuth(.reAuthenticate, authentication.firstData(), into: &actions)
    }

    /// What is wrong with the authentication that CONNACK tells of; nil: nothing [MQTT-4.12.0-5] [MQTT-4.12.0-6].
    private func problem(_ properties: PropertyList) -> String? {
        guard version == .v5 else { return nil }
        guard properties.authenticationMethod?.string == configuration.authentication?.method else {
            return "CONNACK of an authentication that was not asked for"
        }
        guard let data = properties.authenticationData, let authentication = configuration.authentication else { return nil }
        return authentication.answer(data) == nil ? Self.mistrust : nil
    }

    private static var mistrust: String { "the server's authentication data is not to be trusted" }

    private mutating func sendAuth(_ reason: ReasonCode, _ data: [UInt8]?, into actions: inout ClientActions) {
        guard let method = configuration.authentication?.method else { return }
        var packet = AuthPacket(reasonCode: reason)
        packet.properties.append(.authenticationMethod(UTF8Text(method)))
        if let data, data.count <= 65_535 { packet.properties.append(.authenticationData(data)) }
        send(.auth(packet), into: &actions)
    }

    private var connectProperties: PropertyList {
        var list = PropertyList()
        if configuration.sessionExpirySeconds > 0 { list.append(.sessionExpiryInterval(seconds: configuration.sessionExpirySeconds)) }
        list.append(.receiveMaximum(configuration.receiveMaximum))
        list.append(.maximumPacketSize(configuration.maximumPacketSize))
        if configuration.topicAliasMaximum > 0 { list.append(.topicAliasMaximum(configuration.topicAliasMaximum)) }
        for property in configuration.userProperties { list.append(.userProperty(UTF8Text(property.name), UTF8Text(property.value))) }
        if let authentication = configuration.authentication {
            list.append(.authenticationMethod(UTF8Text(authentication.method)))
            if let data = authentication.firstData(), data.count <= 65_535 { list.append(.authenticationData(data)) }
        }
        return list
    }
}

extension ConnectPacket.Will {
    init(_ will: Will) {
        self.init(qos: will.qos, retain: will.retain, topic: UTF8Text(will.topic), payload: will.payload)
        properties = will.properties.list
        if will.delaySeconds > 0 { properties.append(.willDelayInterval(seconds: will.delaySeconds)) }
    }
}
