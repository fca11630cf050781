import BrokerCore

/// Every key outside `[[listener]]`, in the order of the documentation.
enum BrokerSettings {
    static let all: [Setting<BrokerConfiguration>] = general + limits

    /// Bytes of the largest Control Packet there can be: fixed header and 268,435,455 bytes [MQTT5 §2.1.4].
    private static let largestPacket = 268_435_460
    private static let tebibyte = 1 << 40

    private static let general: [Setting<BrokerConfiguration>] = [
        Setting(
            key: "loops", kind: .count(1...ShardPlace.maximumCount), change: .restart,
            documentation: "Event loops, each with its own thread. Without this key: as many as there are processors this process may use.",
            example: .number(4),
            read: { .number($0.loops) },
            write: { if case .number(let number) = $1 { $0.loops = number } }),
        .boolean(
            "pin_loops", \.pinLoops, .restart,
            "Keeps each event loop on one processor, going round where there are more loops than processors."),
        .count(
            "placement_seed", \.placementSeed, 0...Int.max, .restart,
            "Fixes which clients share an event loop, so that measurements can be repeated. 0: drawn anew at each start, so that "
                + "nobody can choose identifiers that meet."),
        Setting(
            key: "response_information", kind: .text(maximumBytes: 65_535), change: .newConnections,
            documentation: "What a client that asks for Response Information is told, usually a topic prefix. Empty: nothing.",
            read: { .text($0.options.responseInformation ?? "") },
            write: { if case .text(let text) = $1 { $0.options.responseInformation = text.isEmpty ? nil : text } }),
        Setting(
            key: "log.level", kind: .choice(LogLevel.allCases.map(\.name)), change: .live,
            documentation: "Events of this level and of more important ones are written.",
            read: { .text($0.log.level.name) },
            write: { target, value in
                target.log.level = LogLevel.allCases.first { .text($0.name) == value } ?? target.log.level
            }),
        .choice("log.format", \.log.format, .live, "The form of log lines; `auto` is text on a terminal, JSON lines otherwise."),
        .text(
            "persistence.directory", \.persistence.directory, .text(maximumBytes: 4_000), .restart,
            "Where sessions, their messages and Retained Messages are kept; made if it does not exist. Empty: in memory only."),
        .choice(
            "persistence.durability", \.persistence.durability, .restart,
            "`strict`: what is acknowledged is on disk. `relaxed`: it is soon, so the last moment before a crash may be lost. `none`: nothing "
                + "is kept."),
        Setting(
            key: "persistence.commit_interval_ms", kind: .count(1...60_000), change: .restart,
            documentation: "Milliseconds between two commits when `relaxed`.",
            read: { .number(Int($0.persistence.commitMilliseconds)) },
            write: { if case .number(let number) = $1 { $0.persistence.commitMilliseconds = Int64(number) } }),
        .choice(
            "persistence.damaged_store", \.persistence.damagedStore, .restart,
            "What to do when what lies there cannot be read: `set-aside` keeps it under another name and begins with an empty store, "
                + "`refuse` does not start."),
        .choice(
            "shared_subscriptions.strategy", \.options.sharedSubscriptionStrategy, .live,
            "How a member of a Shared Subscription is chosen for a message."),
        .seconds(
            "system_topics.interval", \.options.systemTopicsSeconds, 0...86_400, .live,
            "Time between two rounds of `$SYS` messages. 0: none."),
    ]

    private static let limits: [Setting<BrokerConfiguration>] = [
        .count(
            "limits.connections", \.options.limits.connections, 1...10_000_000, .live,
            "Network Connections at once; one more is refused with 0x89 (3.x: 3) or closed when it is accepted."),
        .bytes(
            "limits.connect_packet_bytes", \.options.limits.connectPacketBytes, 64...largestPacket, .live,
            "Size of a CONNECT packet; a larger one is refused with 0x95."),
        .bytes(
            "limits.unfinished_packet_bytes", \.options.limits.unfinishedPacketBytes, 65_536...tebibyte, .live,
            "Unfinished packets of all connections together; a connection that needs more is closed with 0x97."),
        .seconds(
            "limits.connect_timeout_seconds", \.options.limits.connectTimeoutSeconds, 1...3_600, .newConnections,
            "Time from accepting a connection to its complete CONNECT."),
        .count(
            "limits.client_id_bytes", \.options.limits.clientIDBytes, 1...65_535, .newConnections,
            "Bytes of a Client Identifier; a longer one is refused with 0x85 (3.x: 2)."),
        .bytes(
            "limits.output_bytes", \.options.limits.outputBytes, 1_024...(1 << 30), .live,
            "What waits to be written to one connection; above, messages wait in the session's queue, and a client that asks for as much "
                + "again without reading is ended with 0x97."),
        .bytes(
            "limits.packet_bytes", \.options.limits.packetBytes, 20...largestPacket, .newConnections,
            "Maximum Packet Size clients may send; a larger packet ends the connection with 0x95."),
        .count(
            "limits.receive_maximum", \.options.limits.receiveMaximum, 1...65_535, .newConnections,
            "QoS 1 and 2 messages a client may have in flight towards the broker; more ends the connection with 0x93."),
        .count(
            "limits.in_flight", \.options.limits.inFlight, 1...65_000, .newConnections,
            "QoS 1 and 2 messages in flight towards one client, whatever larger Receive Maximum it announces."),
        .count(
            "limits.topic_aliases", \.options.limits.topicAliases, 0...65_535, .newConnections,
            "Topic Alias Maximum announced to clients; an alias above ends the connection with 0x94."),
        .count(
            "limits.outgoing_topic_aliases", \.options.limits.outgoingTopicAliases, 0...65_535, .newConnections,
            "Topic Aliases used towards one client, whatever larger maximum it announces."),
        .seconds(
            "limits.keep_alive_seconds", \.options.limits.keepAliveSeconds, 0...65_535, .newConnections,
            "A client that asks for a longer Keep Alive, or none, is given this one (MQTT 5 only). 0: no limit."),
        .seconds(
            "limits.session_expiry_seconds", \.options.limits.sessionExpirySeconds, 0...4_294_967_295, .newConnections,
            "A longer Session Expiry Interval is shortened to this. 4294967295: no limit."),
        .count(
            "limits.sessions", \.options.limits.sessions, 1...100_000_000, .live,
            "Sessions, connected or not; one more is refused with 0x97."),
        .count(
            "limits.queued_messages", \.options.limits.queuedMessages, 1...100_000_000, .live,
            "Messages waiting for one session; above, the listener's `slow_consumer` decides."),
        .bytes(
            "limits.queued_bytes", \.options.limits.queuedBytes, 1_024...tebibyte, .live,
            "Bytes of the messages waiting for one session; above, the listener's `slow_consumer` decides."),
        .bytes(
            "limits.queued_bytes_total", \.options.limits.queuedBytesTotal, 1_024...tebibyte, .live,
            "Bytes of the messages waiting for all sessions; above, QoS 1 and 2 are refused with 0x97, QoS 0 is dropped."),
        .count(
            "limits.retained_messages", \.options.limits.retainedMessages, 0...1_000_000_000, .live,
            "Retained Messages, without the broker's own under $SYS; one more is refused with 0x97."),
        .bytes(
            "limits.retained_bytes", \.options.limits.retainedBytes, 0...tebibyte, .live,
            "Bytes of all Retained Messages, without the broker's own under $SYS; what does not fit is refused with 0x97."),
        .count(
            "limits.subscriptions_per_session", \.options.limits.subscriptionsPerSession, 1...10_000_000, .live,
            "Subscriptions of one session; one more is refused with 0x97."),
        .count(
            "limits.topic_levels", \.options.limits.topicLevels, 1...65_536, .live,
            "Levels of a Topic Name or Topic Filter; more is refused with 0x90 or 0x8F."),
        .count(
            "limits.topic_bytes", \.options.limits.topicBytes, 1...65_535, .live,
            "Bytes of a Topic Name or Topic Filter; more is refused with 0x90 or 0x8F."),
        .bytes(
            "limits.mailbox_bytes", \.options.limits.mailboxBytes, 1_024...(1 << 30), .live,
            "Bytes waiting from one event loop to another; above, the clients that send there are not read from until they are taken."),
        .bytes(
            "limits.uncommitted_bytes", \.options.limits.uncommittedBytes, 65_536...(1 << 36), .live,
            "Changes one event loop has asked the disk for and that are not there yet; above, clients whose messages have to be kept are "
                + "not read from until they are."),
        .count(
            "limits.router_cache_topics", \.options.limits.routerCacheTopics, 16...16_777_216, .live,
            "Topics whose receivers the router remembers, of 1 KiB each on average."),
    ]
}
