import BrokerCore
import MQTTCodec

/// What a scenario asks of the broker it is played against: the keys of the configuration, in snake_case.
struct TranscriptSettings: Hashable, Sendable {
    var listener = ListenerOptions()
    var broker = BrokerOptions()

    mutating func set(_ section: String, _ word: Word) throws(TextFault) {
        guard let value = word.value else { throw TextFault("`\(word.key)` needs a value") }
        switch section {
        case "listener": try setListener(word.key, value)
        case "limits":
            guard let key = Self.limits[word.key] else { throw TextFault("no limit is called `\(word.key)`") }
            broker.limits[keyPath: key] = try number(value)
        default: try setBroker(word.key, value)
        }
    }

    private mutating func setListener(_ key: String, _ value: String) throws(TextFault) {
        if let flag = Self.flags[key] {
            guard let isOn = Bool(value) else { throw TextFault("`\(key)` is true or false") }
            listener[keyPath: flag] = isOn
            return
        }
        switch key {
        case "versions": listener.versions = Set(value.split(separator: ",").compactMap { ProtocolVersion(word: String($0)) })
        case "maximum_qos":
            guard let qos = UInt8(value).flatMap(QoS.init(rawValue:)) else { throw TextFault("maximum_qos is 0, 1 or 2") }
            listener.maximumQoS = qos
        case "slow_consumer":
            guard let policy = ListenerOptions.SlowConsumerPolicy(rawValue: value) else { throw TextFault("no policy `\(value)`") }
            listener.slowConsumer = policy
        case "resend_seconds": listener.resendSeconds = try number(value)
        default: throw TextFault("no option of a listener is called `\(key)`")
        }
    }

    private mutating func setBroker(_ key: String, _ value: String) throws(TextFault) {
        switch key {
        case "shared_subscription_strategy":
            guard let strategy = SharedSubscriptionStrategy(rawValue: value) else { throw TextFault("no strategy `\(value)`") }
            broker.sharedSubscriptionStrategy = strategy
        case "system_topics_seconds": broker.systemTopicsSeconds = try number(value)
        case "response_information": broker.responseInformation = value
        default: throw TextFault("no option of the broker is called `\(key)`")
        }
    }

    private func number(_ text: String) throws(TextFault) -> Int {
        guard let number = Int(text) else { throw TextFault("`\(text)` is no number") }
        return number
    }

    private static var flags: [String: WritableKeyPath<ListenerOptions, Bool>] {
        [
            "anonymous": \.anonymous, "retain_available": \.retainAvailable,
            "wildcard_subscription_available": \.wildcardSubscriptionAvailable,
            "shared_subscription_available": \.sharedSubscriptionAvailable,
            "subscription_identifier_available": \.subscriptionIdentifierAvailable,
            "empty_client_id_allowed": \.emptyClientIDAllowed, "control_characters_allowed": \.controlCharactersAllowed,
        ]
    }

    private static var limits: [String: WritableKeyPath<Limits, Int>] {
        [
            "connections": \.connections, "connect_packet_bytes": \.connectPacketBytes,
            "unfinished_packet_bytes": \.unfinishedPacketBytes, "connect_timeout_seconds": \.connectTimeoutSeconds,
            "client_id_bytes": \.clientIDBytes, "output_bytes": \.outputBytes, "packet_bytes": \.packetBytes,
            "receive_maximum": \.receiveMaximum, "in_flight": \.inFlight, "topic_aliases": \.topicAliases,
            "outgoing_topic_aliases": \.outgoingTopicAliases, "keep_alive_seconds": \.keepAliveSeconds,
            "session_expiry_seconds": \.sessionExpirySeconds, "sessions": \.sessions,
            "queued_messages": \.queuedMessages, "queued_bytes": \.queuedBytes, "queued_bytes_total": \.queuedBytesTotal,
            "retained_messages": \.retainedMessages, "retained_bytes": \.retainedBytes,
            "subscriptions_per_session": \.subscriptionsPerSession, "topic_levels": \.topicLevels,
            "topic_bytes": \.topicBytes, "router_cache_topics": \.routerCacheTopics,
        ]
    }
}
