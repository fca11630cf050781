import MQTTCodec

extension MQTTClientError: CustomStringConvertible {
    /// What went wrong and, where something can be done about it, what.
    public var description: String {
        switch self {
        case .unreachable(let server, let reason):
            reason.hasPrefix("cannot") ? reason : "cannot reach \(server): \(reason)"
        case .refused(let code, let reason):
            "the broker refused the connection: \(code.text(reason))\(code.advice)"
        case .disconnected(let code, let reason):
            "the broker ended the connection: \(code.text(reason))\(code.advice)"
        case .protocolViolation(let what): "the broker broke the protocol: \(what)"
        case .connectionLost: "the connection to the broker is lost"
        case .timedOut: "no answer in time"
        case .publishRefused(let code, let reason): "the broker refused the message: \(code.text(reason))\(code.advice)"
        case .subscriptionRefused(let codes, let reason):
            "the broker refused the subscription: \(codes.map { $0.text(nil) }.joined(separator: ", "))\(reason.map { " (\($0))" } ?? "")"
        case .notSupported(let what): what
        case .packetTooLarge(let bytes, let maximum): "the packet has \(bytes) bytes; the broker takes \(maximum) at most"
        case .invalidTopic(let topic, let reason): "cannot publish to \"\(topic)\": \(reason)"
        case .invalidFilter(let filter, let reason): "cannot subscribe to \"\(filter)\": \(reason)"
        case .invalidArgument(let reason): reason
        case .invalidURL(let url, let expected): "cannot read the URL \"\(url)\": expected \(expected)"
        case .outboxFull: "the outbox is full; OutboxLimits allow more, or say what else is to happen"
        case .dropped: "the message was dropped because the outbox was full"
        case .outboxFailed(let reason): "the outbox failed: \(reason)"
        case .stopped: "the client has stopped"
        case .cancelled: "cancelled"
        }
    }
}

extension ReasonCode {
    /// The standard's name and number, and the broker's own words.
    fileprivate func text(_ reason: String?) -> String {
        let hex = String(rawValue, radix: 16, uppercase: true)
        return "\(name) (0x\(hex.utf8.count < 2 ? "0" : "")\(hex))\(reason.map { ": \($0)" } ?? "")"
    }

    /// `notAuthorized` → `not authorized`.
    private var name: String {
        "\(self)".reduce(into: "") { words, letter in
            if letter.isUppercase, words.last?.isUppercase != true, words.last != " ", !words.isEmpty, letter != "Q" { words += " " }
            words += letter.lowercased()
        }
    }

    fileprivate var advice: String {
        switch self {
        case .badUserNameOrPassword: "; check user name and password"
        case .notAuthorized: "; the broker's access rules decide"
        case .clientIdentifierNotValid: "; choose another client identifier"
        case .unsupportedProtocolVersion: "; try MQTT 3.1.1"
        case .sessionTakenOver: "; another client uses the same client identifier"
        default: ""
        }
    }
}
