import BrokerCore
import MQTTCodec

/// Every key of a `[[listener]]`, in the order of the documentation.
enum ListenerSettings {
    /// Listeners of one broker.
    static let maximumCount = 64

    static let all: [Setting<ListenerConfiguration>] = [
        .text(
            "name", \.name, .text(maximumBytes: 64), .restart,
            "What log lines call this listener. Without one, its address and port."),
        .text(
            "address", \.address, .address, .restart,
            "The address to listen on; `0.0.0.0` is every IPv4 address of the machine, `::` every address."),
        Setting(
            key: "port", kind: .count(0...65_535), change: .restart,
            documentation: "The TCP port. 0: the system chooses a free one.",
            read: { .number(Int($0.port)) },
            write: { if case .number(let number) = $1 { $0.port = UInt16(clamping: number) } }),
        .boolean(
            "anonymous", \.options.anonymous, .newConnections,
            "Lets clients in that bring no identity. Without this key: true on a loopback address, false on any other."),
        Setting(
            key: "versions", kind: .choices(ProtocolVersion.allCases.map(\.configurationName)), change: .newConnections,
            documentation: "Versions of MQTT spoken; another one is refused with 0x84 (3.x: 1).",
            read: { target in
                .list(ProtocolVersion.allCases.filter(target.options.versions.contains).map(\.configurationName))
            },
            write: { target, value in
                guard case .list(let names) = value else { return }
                target.options.versions = Set(ProtocolVersion.allCases.filter { names.contains($0.configurationName) })
            }),
        Setting(
            key: "maximum_qos", kind: .count(0...2), change: .newConnections,
            documentation: "The highest QoS; a PUBLISH above ends the connection with 0x9B, a subscription is granted no more.",
            read: { .number(Int($0.options.maximumQoS.rawValue)) },
            write: { target, value in
                guard case .number(let number) = value else { return }
                target.options.maximumQoS = QoS(rawValue: UInt8(clamping: number)) ?? target.options.maximumQoS
            }),
        .boolean(
            "retain_available", \.options.retainAvailable, .newConnections,
            "false: a PUBLISH with RETAIN ends the connection with 0x9A."),
        .boolean(
            "wildcard_subscription_available", \.options.wildcardSubscriptionAvailable, .newConnections,
            "false: a Topic Filter with wildcards is refused with 0xA2."),
        .boolean(
            "shared_subscription_available", \.options.sharedSubscriptionAvailable, .newConnections,
            "false: a Shared Subscription is refused with 0x9E."),
        .boolean(
            "subscription_identifier_available", \.options.subscriptionIdentifierAvailable, .newConnections,
            "false: a Subscription Identifier is refused with 0xA1."),
        .boolean(
            "empty_client_id_allowed", \.options.emptyClientIDAllowed, .newConnections,
            "false: a zero-length Client Identifier is refused with 0x85 (3.x: 2)."),
        .boolean(
            "control_characters_allowed", \.options.controlCharactersAllowed, .newConnections,
            "true: control characters and non-characters in identifiers, topics and filters are let through."),
        .choice(
            "slow_consumer", \.options.slowConsumer, .newConnections,
            "What happens once the queue of a client is full that is away or reads too slowly: its oldest message is dropped, or the one that "
                + "comes; or that one is refused, with 0x97 unless somebody else has room for it; or the client is disconnected."),
        .seconds(
            "resend_seconds", \.options.resendSeconds, 0...3_600, .newConnections,
            "Time without acknowledgement after which a 3.x client is sent a message again on a live connection. "
                + "0: never. MQTT 5.0 forbids it [MQTT-4.4.0-1]."),
        .seconds(
            "tcp_keep_alive_seconds", \.tcpKeepAliveSeconds, 0...32_767, .newConnections,
            "Time a connection may be silent before the system asks whether the other end is still there. 0: it never asks."),
    ]
}

extension ProtocolVersion {
    /// `3.1`, `3.1.1` or `5.0`.
    var configurationName: String {
        switch self {
        case .v3_1: "3.1"
        case .v3_1_1: "3.1.1"
        case .v5: "5.0"
        }
    }
}
