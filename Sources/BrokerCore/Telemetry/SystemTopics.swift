import MQTTCodec
import MQTTSession
import Primitives

/// `$SYS/broker/...` under the names Mosquitto uses, so that existing exporters work.
struct SystemTopics: BitwiseCopyable {
    let startedAt: Instant
    var timer = TimerWheel.none
    /// Those of the shards that have answered so far, and how many have not.
    var figures = Figures()
    var missing = 0
    var last = Counters()
    var lastAt: Instant
    /// Per minute, smoothed over 1, 5 and 15 minutes, in the order of `SystemTopics.loads`.
    var load1 = LoadAverages(), load5 = LoadAverages(), load15 = LoadAverages()

    init(startedAt now: Instant) {
        startedAt = now
        lastAt = now
    }

    struct LoadAverages: BitwiseCopyable {
        var messagesReceived = 0.0, messagesSent = 0.0, publishReceived = 0.0, publishSent = 0.0, publishDropped = 0.0
        var bytesReceived = 0.0, bytesSent = 0.0, connections = 0.0, sockets = 0.0

        /// A first-order low pass: `seconds` have passed, `minutes` is its time constant.
        mutating func add(_ now: Counters, since last: Counters, seconds: Double, minutes: Double) {
            let weight = seconds / (seconds + minutes * 60)
            func smooth(_ average: inout Double, _ a: UInt64, _ b: UInt64) {
                average += weight * (Double(a &- b) * 60 / seconds - average)
            }
            smooth(&messagesReceived, now.packetsReceived, last.packetsReceived)
            smooth(&messagesSent, now.packetsSent, last.packetsSent)
            smooth(&publishReceived, now.publishReceived, last.publishReceived)
            smooth(&publishSent, now.publishSent, last.publishSent)
            smooth(&publishDropped, now.dropped.total, last.dropped.total)
            smooth(&bytesReceived, now.bytesReceived, last.bytesReceived)
            smooth(&bytesSent, now.bytesSent, last.bytesSent)
            smooth(&connections, now.clientsAccepted, last.clientsAccepted)
            smooth(&sockets, now.connectionsOpened, last.connectionsOpened)
        }
    }
}

extension BrokerCore {
    /// The version in `$SYS/broker/version`.
    public static var version: String { "0.1.0" }

    mutating func armSystemTopics(at now: Instant) {
        if systemTopics.timer != TimerWheel.none { timers.cancel(systemTopics.timer) }
        systemTopics.timer = TimerWheel.none
        // One shard speaks for all.
        guard options.systemTopicsSeconds > 0, place.index == 0 else { return }
        systemTopics.timer = timers.arm(
            TimerToken.make(.systemTopics, 0), at: now.advanced(bySeconds: UInt32(clamping: options.systemTopicsSeconds)))
    }

    /// It is time: with several shards, first all of them are asked.
    mutating func systemTopicsDue(at now: Instant, into actions: inout Actions) {
        systemTopics.timer = TimerWheel.none
        armSystemTopics(at: now)
        // Those that were asked last time have not all answered yet.
        guard systemTopics.missing == 0 else { return }
        systemTopics.figures = figures
        systemTopics.missing = outbox.others.count
        for shard in outbox.others { outbox.tell(shard, .figuresWanted) }
        if systemTopics.missing == 0 { publishSystemTopics(at: now, into: &actions) }
    }

    /// Another shard has told its figures; the last one has them published.
    mutating func note(_ figures: Figures, at now: Instant, into actions: inout Actions) {
        systemTopics.figures.add(figures)
        systemTopics.missing -= 1
        if systemTopics.missing == 0 { publishSystemTopics(at: now, into: &actions) }
    }

    private mutating func publishSystemTopics(at now: Instant, into actions: inout Actions) {
        let counters = systemTopics.figures.counters
        let seconds = Double(now.nanoseconds - systemTopics.lastAt.nanoseconds) / 1e9
        if seconds > 0 {
            systemTopics.load1.add(counters, since: systemTopics.last, seconds: seconds, minutes: 1)
            systemTopics.load5.add(counters, since: systemTopics.last, seconds: seconds, minutes: 5)
            systemTopics.load15.add(counters, since: systemTopics.last, seconds: seconds, minutes: 15)
            systemTopics.last = counters
            systemTopics.lastAt = now
        }
        for (name, value) in systemValues(systemTopics.figures, at: now) { publishSystemTopic(name, value, at: now, into: &actions) }
    }

    /// Every `$SYS/broker/` topic with its present value.
    func systemValues(_ figures: Figures, at now: Instant) -> [(name: String, value: String)] {
        let counters = figures.counters
        let uptime = (now.nanoseconds - systemTopics.startedAt.nanoseconds) / 1_000_000_000
        let disconnected = figures.sessions - figures.connected
        var values: [(name: String, value: String)] = [
            ("version", "martlet version \(Self.version)"),
            ("uptime", "\(uptime) seconds"),
            ("clients/total", "\(figures.sessions)"),
            ("clients/connected", "\(figures.connected)"),
            ("clients/active", "\(figures.connected)"),
            ("clients/disconnected", "\(disconnected)"),
            ("clients/disconnected/bytes", "\(figures.bytesOffline)"),
            ("clients/inactive", "\(disconnected)"),
            ("clients/maximum", "\(counters.connectionsMaximum)"),
            ("clients/expired", "\(counters.sessionsExpired)"),
            ("clients/refused", "\(counters.connectionsRefused)"),
            ("clients/taken_over", "\(counters.sessionsTakenOver)"),
            ("clients/paused", "\(counters.connectionsPaused)"),
            ("messages/received", "\(counters.packetsReceived)"),
            ("messages/sent", "\(counters.packetsSent)"),
            ("messages/stored", "\(figures.messagesStored)"),
            ("messages/queued", "\(figures.messagesQueued)"),
            ("messages/queued/bytes", "\(figures.bytesQueued)"),
            ("store/messages/count", "\(figures.messagesStored)"),
            ("store/messages/bytes", "\(figures.bytesStored)"),
            ("bytes/received", "\(counters.bytesReceived)"),
            ("bytes/sent", "\(counters.bytesSent)"),
            ("publish/messages/received", "\(counters.publishReceived)"),
            ("publish/messages/sent", "\(counters.publishSent)"),
            ("publish/messages/dropped", "\(counters.dropped.total)"),
            ("publish/bytes/received", "\(counters.publishBytesReceived)"),
            ("publish/bytes/sent", "\(counters.publishBytesSent)"),
            ("retained messages/count", "\(retained.count)"),
            ("retained messages/bytes", "\(retained.bytes)"),
            ("subscriptions/count", "\(figures.subscriptions)"),
            ("shared_subscriptions/count", "\(figures.sharedSubscriptions)"),
        ]
        if journal.isOn {
            values.append(("store/bytes/uncommitted", "\(figures.bytesUncommitted)"))
            values.append(("store/commits", "\(figures.commits)"))
        }
        for reason in DropReason.allCases { values.append(("publish/messages/dropped/\(reason.name)", "\(counters.dropped[reason])")) }
        for (minutes, load) in [("1min", systemTopics.load1), ("5min", systemTopics.load5), ("15min", systemTopics.load15)] {
            values.append(("load/messages/received/\(minutes)", Self.twoDigits(load.messagesReceived)))
            values.append(("load/messages/sent/\(minutes)", Self.twoDigits(load.messagesSent)))
            values.append(("load/publish/received/\(minutes)", Self.twoDigits(load.publishReceived)))
            values.append(("load/publish/sent/\(minutes)", Self.twoDigits(load.publishSent)))
            values.append(("load/publish/dropped/\(minutes)", Self.twoDigits(load.publishDropped)))
            values.append(("load/bytes/received/\(minutes)", Self.twoDigits(load.bytesReceived)))
            values.append(("load/bytes/sent/\(minutes)", Self.twoDigits(load.bytesSent)))
            values.append(("load/connections/\(minutes)", Self.twoDigits(load.connections)))
            values.append(("load/sockets/\(minutes)", Self.twoDigits(load.sockets)))
        }
        return values
    }

    /// Publishes one value, retained, when it differs from the one retained already.
    private mutating func publishSystemTopic(_ name: String, _ value: String, at now: Instant, into actions: inout Actions) {
        let topic = Array("$SYS/broker/\(name)".utf8)
        let payload = Array(value.utf8)
        topic.withUnsafeBytes { topic in
            payload.withUnsafeBytes { payload in
                if let node = retained.find(topic), retained.value(node).pointee.message != RetainedStore.none,
                    messages[retained.value(node).pointee.message].payloadBytes.elementsEqual(payload)
                {
                    return
                }
                let message = messages.borrow(
                    topic: topic, properties: UnsafeRawBufferPointer(start: nil, count: 0), payload: payload, qos: .atMostOnce,
                    retain: true,
                    expires: .never)
                messages.own(message)
                _ = accept(message, from: Session.none, isAcknowledged: false, at: now, into: &actions)
                messages.release(message)
            }
        }
    }

    private static func twoDigits(_ value: Double) -> String {
        let hundredths = UInt64(max(0, value) * 100 + 0.5)
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
