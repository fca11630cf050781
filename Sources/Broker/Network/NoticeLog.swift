import BrokerCore
import MQTTCodec
import MQTTSession
import Transport

/// Notices of the core → log lines, with the address of the client and the key that would change the outcome.
enum NoticeLog {
    static func write(_ notice: Notice, to log: LogWriter, from network: borrowing SocketNetwork) {
        switch notice {
        case .clientConnected(let connection, let clientID, let version, let sessionPresent):
            guard log.writes(.info) else { return }
            log.info(
                .clientConnected,
                [
                    .client(clientID), .address("\(network.address(of: connection))"),
                    .listener(network.listener(of: connection).name), .text("version", name(of: version)),
                    .text("session", sessionPresent ? "resumed" : "new"),
                ])
        case .clientRefused(let connection, let clientID, let refusal):
            log.warning(
                .clientRefused,
                [
                    .client(clientID), .address("\(network.address(of: connection))"),
                    .listener(network.listener(of: connection).name), .reason(refusal.text), .code(refusal.reasonCode.rawValue),
                    .hint(refusal.hint),
                ])
        case .clientDisconnected(let connection, let clientID, let cause):
            let level: LogLevel = cause.isViolation ? .warning : .info
            guard log.writes(level) else { return }
            log.log(
                level, cause.isViolation ? .protocolViolated : .clientDisconnected,
                [
                    .client(clientID), .address("\(network.address(of: connection))"), .reason(cause.text),
                    .code(cause.reasonCode?.rawValue ?? 0),
                ])
        case .messageDropped(let topic, let clientID, let reason):
            // Of one that was on the disk only the topic is not known.
            log.warning(
                .messageDropped,
                [.client(clientID)] + (topic.isEmpty ? [] : [.topic(topic)]) + [.reason(reason.name), .hint(reason.hint)])
        case .moreMessagesDropped(let count):
            log.warning(
                .messageDropped,
                [.number("more", Int(clamping: count)), .reason("many at once"), .hint("$SYS/broker/publish/messages/dropped")])
        case .sessionExpired(let clientID):
            log.info(.sessionExpired, [.client(clientID)])
        }
    }

    private static func name(of version: ProtocolVersion) -> String {
        switch version {
        case .v3_1: "3.1"
        case .v3_1_1: "3.1.1"
        case .v5: "5.0"
        }
    }
}

extension Refusal {
    var text: String {
        switch self {
        case .malformed(let malformed): malformed.text
        case .notConnect: "the first packet is not CONNECT"
        case .versionNotOffered(let version): "protocol version \(version.rawValue) is switched off here"
        case .unknownVersion: "unknown protocol version"
        case .authenticationMethod: "no authentication method is configured"
        case .emptyClientID: "zero-length client identifier"
        case .clientIDTooLong: "client identifier too long"
        case .anonymous: "anonymous clients are not let in"
        case .willQoS: "the Will's QoS is above the listener's"
        case .willRetain: "a retained Will where retained messages are switched off"
        case .willTopic: "the Will's topic is not allowed"
        case .tooManySessions: "too many sessions"
        case .timeout: "no CONNECT in time"
        }
    }

    /// What would let the connection in.
    var hint: String {
        switch self {
        case .malformed(let malformed): malformed.fault == .packetTooLarge ? "limits.connect_packet_bytes" : "mend the client"
        case .notConnect: "is this an MQTT client, and without TLS?"
        case .versionNotOffered: "listener.versions"
        case .unknownVersion: "use MQTT 5.0, 3.1.1 or 3.1"
        case .authenticationMethod: "connect without Authentication Method"
        case .emptyClientID: "listener.empty_client_id_allowed, and Clean Session in 3.1.1"
        case .clientIDTooLong: "limits.client_id_bytes; MQTT 3.1 allows 23 characters"
        case .anonymous: "listener.anonymous: anonymous = true under [[listener]], or --anonymous"
        case .willQoS: "listener.maximum_qos"
        case .willRetain: "listener.retain_available"
        case .willTopic: "choose a topic clients may publish to"
        case .tooManySessions: "limits.sessions"
        case .timeout: "limits.connect_timeout_seconds"
        }
    }
}

extension DisconnectCause {
    /// The client broke the standard, or a bound.
    var isViolation: Bool {
        switch self {
        case .malformed, .protocolError, .slowConsumer, .unfinishedPacketsFull: true
        case .client, .connectionLost, .keepAliveTimeout, .takenOver, .serverShuttingDown: false
        }
    }

    var text: String {
        switch self {
        case .client(let reasonCode): reasonCode == .success ? "disconnected" : "disconnected with reason \(reasonCode.rawValue)"
        case .connectionLost: "connection lost"
        case .keepAliveTimeout: "keep alive timeout"
        case .takenOver: "taken over by a new connection"
        case .malformed(let malformed): malformed.text
        case .protocolError(let error): "protocol error: \(words("\(error)"))"
        case .slowConsumer: "slow consumer: its queue is full"
        case .unfinishedPacketsFull: "unfinished packets exceed limits.unfinished_packet_bytes"
        case .serverShuttingDown: "the broker stops"
        }
    }
}

extension DropReason {
    /// The key that would keep such messages.
    var hint: String {
        switch self {
        case .slowConsumer: "listener.slow_consumer; limits.queued_messages, limits.queued_bytes"
        case .queueFullOldest, .queueFullNewest: "limits.queued_messages, limits.queued_bytes"
        case .queuesFull: "limits.queued_bytes_total"
        case .packetTooLarge: "the client's Maximum Packet Size"
        case .expired: "the message's expiry interval"
        case .notAuthorized: "publish to a topic of your own"
        case .topicRefused: "limits.topic_levels, limits.topic_bytes"
        case .retainedFull: "limits.retained_messages, limits.retained_bytes"
        case .sessionEnded: "the session's expiry interval"
        case .unreadable: "stop the broker and run martlet doctor on its data directory"
        }
    }
}

extension MalformedPacket {
    fileprivate var text: String {
        if fault == .packetTooLarge { return "packet larger than limits.packet_bytes" }
        return "malformed packet: \(words("\(fault)"))"
    }
}

/// A name of ours as people write it: `topicName` is "topic name", `qosNotSupported` "QoS not supported".
private func words(_ name: String) -> String {
    let spaced = name.map { $0.isUppercase ? " \($0.lowercased())" : "\($0)" }.joined()
    return spaced.hasPrefix("qos ") ? "QoS" + spaced.dropFirst(3) : spaced
}
