import MQTTCodec

/// Properties ⇄ the words of a transcript.
enum PropertyText {
    static func property(_ word: Word) throws(TextFault) -> Property {
        guard let text = word.value else { throw TextFault("the property `\(word.key)` needs a value") }
        switch word.key {
        case "payload-format": return .payloadFormatIndicator(try number(text))
        case "message-expiry": return .messageExpiryInterval(seconds: try number(text))
        case "content-type": return .contentType(UTF8Text(text))
        case "response-topic": return .responseTopic(UTF8Text(text))
        case "correlation-data": return .correlationData(Array(text.utf8))
        case "subscription-id": return .subscriptionIdentifier(try number(text))
        case "session-expiry": return .sessionExpiryInterval(seconds: try number(text))
        case "assigned-id": return .assignedClientIdentifier(UTF8Text(text))
        case "server-keep-alive": return .serverKeepAlive(seconds: try number(text))
        case "auth-method": return .authenticationMethod(UTF8Text(text))
        case "auth-data": return .authenticationData(Array(text.utf8))
        case "request-problem": return .requestProblemInformation(try flag(text))
        case "will-delay": return .willDelayInterval(seconds: try number(text))
        case "request-response": return .requestResponseInformation(try flag(text))
        case "response-information": return .responseInformation(UTF8Text(text))
        case "server-reference": return .serverReference(UTF8Text(text))
        case "reason-string": return .reasonString(UTF8Text(text))
        case "receive-maximum": return .receiveMaximum(try number(text))
        case "topic-alias-maximum": return .topicAliasMaximum(try number(text))
        case "topic-alias": return .topicAlias(try number(text))
        case "maximum-qos": return .maximumQoS(try number(text))
        case "retain-available": return .retainAvailable(try flag(text))
        case "user":
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw TextFault("`user` expects name:value") }
            return .userProperty(UTF8Text(String(parts[0])), UTF8Text(String(parts[1])))
        case "maximum-packet-size": return .maximumPacketSize(try number(text))
        case "wildcard-available": return .wildcardSubscriptionAvailable(try flag(text))
        case "subscription-id-available": return .subscriptionIdentifierAvailable(try flag(text))
        case "shared-available": return .sharedSubscriptionAvailable(try flag(text))
        default: throw TextFault("no property is called `\(word.key)`")
        }
    }

    static func field(_ property: Property) -> PacketFields.Field {
        switch property {
        case .payloadFormatIndicator(let value): .init("payload-format", value)
        case .messageExpiryInterval(let value): .init("message-expiry", value)
        case .contentType(let value): .init("content-type", value.bytes)
        case .responseTopic(let value): .init("response-topic", value.bytes)
        case .correlationData(let value): .init("correlation-data", value)
        case .subscriptionIdentifier(let value): .init("subscription-id", value)
        case .sessionExpiryInterval(let value): .init("session-expiry", value)
        case .assignedClientIdentifier(let value): .init("assigned-id", value.bytes)
        case .serverKeepAlive(let value): .init("server-keep-alive", value)
        case .authenticationMethod(let value): .init("auth-method", value.bytes)
        case .authenticationData(let value): .init("auth-data", value)
        case .requestProblemInformation(let value): .init("request-problem", value)
        case .willDelayInterval(let value): .init("will-delay", value)
        case .requestResponseInformation(let value): .init("request-response", value)
        case .responseInformation(let value): .init("response-information", value.bytes)
        case .serverReference(let value): .init("server-reference", value.bytes)
        case .reasonString(let value): .init("reason-string", value.bytes)
        case .receiveMaximum(let value): .init("receive-maximum", value)
        case .topicAliasMaximum(let value): .init("topic-alias-maximum", value)
        case .topicAlias(let value): .init("topic-alias", value)
        case .maximumQoS(let value): .init("maximum-qos", value)
        case .retainAvailable(let value): .init("retain-available", value)
        case .userProperty(let name, let value): .init("user", name.bytes + [UInt8(ascii: ":")] + value.bytes)
        case .maximumPacketSize(let value): .init("maximum-packet-size", value)
        case .wildcardSubscriptionAvailable(let value): .init("wildcard-available", value)
        case .subscriptionIdentifierAvailable(let value): .init("subscription-id-available", value)
        case .sharedSubscriptionAvailable(let value): .init("shared-available", value)
        }
    }

    static func number<Number: FixedWidthInteger>(_ text: String) throws(TextFault) -> Number {
        let value = text.hasPrefix("0x") ? Number(text.dropFirst(2), radix: 16) : Number(text)
        guard let value else { throw TextFault("`\(text)` is no fitting number") }
        return value
    }

    private static func flag(_ text: String) throws(TextFault) -> Bool {
        switch text {
        case "0": return false
        case "1": return true
        default: throw TextFault("`\(text)` is not 0 or 1")
        }
    }
}
