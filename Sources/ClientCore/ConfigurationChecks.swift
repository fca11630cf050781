import MQTTCodec

extension ClientConfiguration {
    /// What MQTT cannot carry of it; nil: nothing.
    var problem: MQTTClientError? {
        if servers.isEmpty { return .invalidArgument("servers: expected at least one") }
        for server in servers where server.host.isEmpty || server.port == 0 {
            return .invalidArgument("servers: expected a host and a port from 1 to 65,535, found \(server)")
        }
        if !clientID.isCarriable { return .invalidArgument("clientID: expected at most 65,535 bytes without U+0000") }
        // [MQTT-3.1.3-7 of 3.1.1]
        if clientID.isEmpty, version == .v3_1_1, session != .thisRun {
            return .invalidArgument("clientID: expected one, since the Session is to be kept")
        }
        if let userName, !userName.isCarriable { return .invalidArgument("userName: expected at most 65,535 bytes without U+0000") }
        if let password, password.count > 65_535 { return .invalidArgument("password: expected at most 65,535 bytes") }
        // [MQTT-3.1.2-22 of 3.1.1]
        if version == .v3_1_1, password != nil, userName == nil {
            return .invalidArgument("userName: expected one beside the password in MQTT 3.1.1")
        }
        if receiveMaximum == 0 { return .invalidArgument("receiveMaximum: expected 1 to 65,535, found 0") }
        if maximumPacketSize == 0 { return .invalidArgument("maximumPacketSize: expected at least 1, found 0") }
        if inFlight == 0 || inFlight > 65_000 { return .invalidArgument("inFlight: expected 1 to 65,000, found \(inFlight)") }
        if let problem = userProperties.problem { return problem }
        if let authentication, !authentication.method.isCarriable {
            return .invalidArgument("authentication: expected a method of at most 65,535 bytes without U+0000")
        }
        if authentication != nil, version != .v5 { return .invalidArgument("authentication: expected MQTT 5.0, which has it") }
        guard let will else { return nil }
        if let reason = will.topic.reasonAgainstPublishing { return .invalidTopic(will.topic, reason: reason) }
        if let problem = will.properties.problem { return problem }
        return will.payload.count > 65_535 ? .invalidArgument("will: expected a payload of at most 65,535 bytes") : nil
    }

    var keepAliveSeconds: UInt16 { UInt16(clamping: (keepAlive.wholeMilliseconds + 999) / 1_000) }

    /// Seconds a Session outlives its connection; one that ends with this run outlives an interruption.
    var sessionExpirySeconds: UInt32 {
        switch session {
        case .thisRun: 300
        case .kept(let seconds): seconds
        }
    }
}

extension MessageProperties {
    /// What MQTT cannot carry of them; nil: nothing [MQTT-3.3.2-13] [MQTT-3.3.2-14] [MQTT-3.3.2-19] [MQTT-3.3.4-6].
    public var problem: MQTTClientError? {
        guard !list.isEmpty else { return nil }
        if let topic = responseTopic, let reason = topic.reasonAgainstPublishing {
            return .invalidTopic(topic, reason: "as a Response Topic: \(reason)")
        }
        if let type = contentType, !type.isCarriable {
            return .invalidArgument("contentType: expected at most 65,535 bytes without U+0000")
        }
        if let data = correlationData, data.count > 65_535 { return .invalidArgument("correlationData: expected at most 65,535 bytes") }
        if let problem = userProperties.problem { return problem }
        var seen: Set<PropertyIdentifier> = []
        for property in list.properties {
            let (identifier, rule) = (property.identifier, property.identifier.rule)
            // Topic Aliases are the client's own business.
            guard rule.holders.contains(.publishFromClient), identifier != .topicAlias else {
                return .invalidArgument("properties: expected those a client gives to a message, found \(identifier)")
            }
            guard seen.insert(identifier).inserted || rule.repeats.contains(.publishFromClient) else {
                return .invalidArgument("properties: expected each once, found \(identifier) twice")
            }
        }
        return list.payloadFormatIndicator ?? 0 > 1 ? .invalidArgument("isText: expected true or false") : nil
    }
}

extension [UserProperty] {
    /// What MQTT cannot carry of them; nil: nothing [MQTT-1.5.7-1].
    var problem: MQTTClientError? {
        for property in self where !property.name.isCarriable || !property.value.isCarriable {
            return .invalidArgument("userProperties: expected at most 65,535 bytes without U+0000 in \(property.name.prefix(64))")
        }
        return nil
    }
}

extension String {
    /// As a UTF-8 Encoded String [MQTT-1.5.4-2].
    var isCarriable: Bool { utf8.count <= 65_535 && !utf8.contains(0) }

    /// Why this is no Topic Name to publish to; nil: it is one [MQTT-3.3.2-1] [MQTT-3.3.2-2] [MQTT-4.7.3-1].
    public var reasonAgainstPublishing: String? {
        if utf8.isEmpty { return "it is empty" }
        if utf8.count > 65_535 { return "it is longer than 65,535 bytes" }
        for byte in utf8 where byte == 0 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") {
            return byte == 0 ? "it holds U+0000" : "wildcards are for Topic Filters"
        }
        return nil
    }
}
