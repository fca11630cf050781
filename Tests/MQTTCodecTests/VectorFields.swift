import MQTTCodec
import Testing

/// The value a vector's fields describe, made without the decoder.
extension Vectors.Vector {
    var expected: Packet? {
        guard let fields = decoded else { return nil }
        let properties = fields.properties.map(PropertyList.init(vector:)) ?? PropertyList()
        let code = fields.code.flatMap(ReasonCode.init(rawValue:)) ?? .success
        let packetID = fields.packetId ?? 0
        switch fields.type {
        case "CONNECT": return fields.connect.map { .connect($0) }
        case "CONNACK":
            let reason = protocolVersion == .v5 ? code : Self.reason(returnCode: fields.code ?? 0)
            return .connack(
                ConnackPacket(
                    sessionPresent: fields.sessionPresent ?? false, reasonCode: reason, properties: properties))
        case "PUBLISH": return .publish(fields.publish(properties))
        case "PUBACK", "PUBREC", "PUBREL", "PUBCOMP":
            let kinds: [String: PublishAcknowledgement.Kind] = [
                "PUBACK": .puback, "PUBREC": .pubrec, "PUBREL": .pubrel, "PUBCOMP": .pubcomp,
            ]
            return kinds[fields.type].map {
                .acknowledgement(
                    PublishAcknowledgement($0, packetID: packetID, reasonCode: code, properties: properties))
            }
        case "SUBSCRIBE":
            let requests = (fields.filters ?? []).map(\.request)
            return .subscribe(SubscribePacket(packetID: packetID, properties: properties, requests: requests))
        case "SUBACK":
            return .suback(SubackPacket(packetID: packetID, properties: properties, reasonCodes: fields.reasonCodes))
        case "UNSUBSCRIBE":
            let filters = (fields.filters ?? []).map { UTF8Text($0.filter) }
            return .unsubscribe(UnsubscribePacket(packetID: packetID, properties: properties, filters: filters))
        case "UNSUBACK":
            return .unsuback(
                UnsubackPacket(packetID: packetID, properties: properties, reasonCodes: fields.reasonCodes))
        case "PINGREQ": return .pingRequest
        case "PINGRESP": return .pingResponse
        case "DISCONNECT": return .disconnect(DisconnectPacket(reasonCode: code, properties: properties))
        case "AUTH": return .auth(AuthPacket(reasonCode: code, properties: properties))
        default: return nil
        }
    }

    private static func reason(returnCode: UInt8) -> ReasonCode {
        let codes: [ReasonCode] = [
            .success, .unsupportedProtocolVersion, .clientIdentifierNotValid, .serverUnavailable,
            .badUserNameOrPassword, .notAuthorized,
        ]
        return codes[Int(returnCode)]
    }
}

extension Vectors.Fields {
    fileprivate var reasonCodes: [ReasonCode] { (codes ?? []).compactMap(ReasonCode.init(rawValue:)) }

    fileprivate func publish(_ properties: PropertyList) -> PublishPacket {
        var packet = PublishPacket(
            topic: UTF8Text(topic ?? ""), qos: QoS(rawValue: qos ?? 0) ?? .atMostOnce, packetID: packetId,
            payload: bytes(payloadHex ?? ""))
        packet.dup = dup ?? false
        packet.retain = retain ?? false
        packet.properties = properties
        return packet
    }

    fileprivate var connect: ConnectPacket? {
        guard let level = protocolLevel, let version = ProtocolVersion(rawValue: level & 0x7F) else { return nil }
        var packet = ConnectPacket(
            version: version, cleanStart: clean ?? false, keepAliveSeconds: keepAlive ?? 0,
            clientID: UTF8Text(clientId ?? ""))
        packet.isBridge = level & 0x80 != 0
        packet.userName = username.map { UTF8Text($0) }
        packet.password = passwordHex.map { bytes($0) }
        packet.properties = properties.map(PropertyList.init(vector:)) ?? PropertyList()
        packet.will = will.map {
            var will = ConnectPacket.Will(
                qos: QoS(rawValue: $0.qos) ?? .atMostOnce, retain: $0.retain, topic: UTF8Text($0.topic),
                payload: bytes($0.payloadHex))
            will.properties = $0.properties.map(PropertyList.init(vector:)) ?? PropertyList()
            return will
        }
        return packet
    }
}

extension Vectors.Filter {
    fileprivate var request: SubscribePacket.Request {
        SubscribePacket.Request(
            filter: UTF8Text(filter),
            options: SubscriptionOptions(
                maximumQoS: QoS(rawValue: qos) ?? .atMostOnce, noLocal: noLocal == 1,
                retainAsPublished: retainAsPublished == 1,
                retainHandling: SubscriptionOptions.RetainHandling(rawValue: retainHandling) ?? .sendAtSubscribe))
    }
}

extension PropertyList {
    init(vector: [Vectors.PropertyValue]) { self.init(vector.compactMap(\.property)) }
}

extension Vectors.PropertyValue {
    fileprivate var property: Property? {
        switch value {
        case .pair(let name, let value): .userProperty(UTF8Text(name), UTF8Text(value))
        case .text(let text): Self.property(id, text)
        case .number(let number): Self.property(id, number)
        }
    }

    private static func property(_ id: UInt8, _ text: String) -> Property? {
        switch id {
        case 0x03: .contentType(UTF8Text(text))
        case 0x08: .responseTopic(UTF8Text(text))
        case 0x09: .correlationData(bytes(text))
        case 0x12: .assignedClientIdentifier(UTF8Text(text))
        case 0x15: .authenticationMethod(UTF8Text(text))
        case 0x16: .authenticationData(bytes(text))
        case 0x1A: .responseInformation(UTF8Text(text))
        case 0x1C: .serverReference(UTF8Text(text))
        case 0x1F: .reasonString(UTF8Text(text))
        default: nil
        }
    }

    private static func property(_ id: UInt8, _ number: UInt32) -> Property? {
        switch id {
        case 0x01: .payloadFormatIndicator(UInt8(number))
        case 0x02: .messageExpiryInterval(seconds: number)
        case 0x0B: .subscriptionIdentifier(number)
        case 0x11: .sessionExpiryInterval(seconds: number)
        case 0x13: .serverKeepAlive(seconds: UInt16(number))
        case 0x17: .requestProblemInformation(number == 1)
        case 0x18: .willDelayInterval(seconds: number)
        case 0x19: .requestResponseInformation(number == 1)
        case 0x21: .receiveMaximum(UInt16(number))
        case 0x22: .topicAliasMaximum(UInt16(number))
        case 0x23: .topicAlias(UInt16(number))
        case 0x24: .maximumQoS(UInt8(number))
        case 0x25: .retainAvailable(number == 1)
        case 0x27: .maximumPacketSize(number)
        case 0x28: .wildcardSubscriptionAvailable(number == 1)
        case 0x29: .subscriptionIdentifierAvailable(number == 1)
        case 0x2A: .sharedSubscriptionAvailable(number == 1)
        default: nil
        }
    }
}
