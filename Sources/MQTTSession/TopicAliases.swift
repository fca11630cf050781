import Primitives

/// The Topic Aliases the peer has set on this Network Connection [MQTT5 §3.3.2.3.4].
///
/// A plain pointer; the owner calls `deallocate` when the connection ends, so no mapping outlives it [MQTT-3.3.2-7].
public struct InboundTopicAliases: BitwiseCopyable {
    private var topics: UnsafeMutablePointer<SharedBytes?>?
    private var maximum: UInt16

    public init(maximum: UInt16) { self.maximum = maximum }

    /// Whether the peer may use `alias` at all [MQTT-3.2.2-17].
    public func allows(_ alias: UInt16) -> Bool { alias >= 1 && alias <= maximum }

    /// The topic behind an allowed alias, or nil when none was set.
    public func topic(for alias: UInt16) -> SharedBytes? { topics?[Int(alias) - 1] }

    /// Sets or replaces an allowed alias [MQTT-3.3.2-12].
    public mutating func set(_ alias: UInt16, to topic: UnsafeRawBufferPointer) {
        let topics = topics ?? allocate()
        if let old = topics[Int(alias) - 1] {
            if old.holds(topic) { return }
            old.release()
        }
        topics[Int(alias) - 1] = SharedBytes(copying: topic)
    }

    public mutating func deallocate() {
        guard let topics else { return }
        for i in 0..<Int(maximum) { topics[i]?.release() }
        topics.deallocate()
        self.topics = nil
    }

    private mutating func allocate() -> UnsafeMutablePointer<SharedBytes?> {
        let fresh = UnsafeMutablePointer<SharedBytes?>.allocate(capacity: Int(maximum))
        fresh.initialize(repeating: nil, count: Int(maximum))
        topics = fresh
        return fresh
    }
}

/// The Topic Aliases we use towards the peer of this Network Connection.
///
/// A topic gets one from its first message while any is free. After that by use: each alias earns a credit when it is
/// used, each topic without one costs the alias under the hand a credit and takes its place when none is left.
public struct OutboundTopicAliases: BitwiseCopyable {
    /// How to name the topic of one PUBLISH.
    public enum Choice: BitwiseCopyable {
        /// Topic Name in full, no alias.
        case full
        /// Topic Name in full, setting the alias.
        case set(UInt16)
        /// The alias instead of the Topic Name.
        case use(UInt16)
    }

    private struct Entry: BitwiseCopyable {
        var hash: UInt64
        var topic: SharedBytes
        var credit: UInt16
    }

    private var entries: UnsafeMutablePointer<Entry>?
    private let maximum: UInt16
    private var used: UInt16 = 0
    private var hand: UInt16 = 0
    private static var creditCap: UInt16 { 15 }

    /// `maximum` is the Topic Alias Maximum of the peer or our own bound, whichever is lower
    /// [MQTT-3.1.2-26] [MQTT-3.1.2-27] [MQTT-3.3.2-11].
    public init(maximum: UInt16) { self.maximum = maximum }

    public var isOff: Bool { maximum == 0 }

    /// Chooses for one message; `hash` is the caller's hash of `topic`.
    public mutating func choose(_ topic: UnsafeRawBufferPointer, hash: UInt64) -> Choice {
        guard maximum > 0 else { return .full }
        let entries = entries ?? allocate()
        for i in 0..<Int(used) where entries[i].hash == hash && entries[i].topic.holds(topic) {
            if entries[i].credit < Self.creditCap { entries[i].credit += 1 }
            return .use(UInt16(i + 1))
        }
        let place: Int
        if used < maximum {
            place = Int(used)
            used += 1
        } else {
            place = Int(hand)
            hand = hand + 1 == maximum ? 0 : hand + 1
            if entries[place].credit > 0 {
                entries[place].credit -= 1
                return .full
            }
            entries[place].topic.release()
        }
        entries[place] = Entry(hash: hash, topic: SharedBytes(copying: topic), credit: 1)
        return .set(UInt16(place + 1))
    }

    public mutating func deallocate() {
        guard let entries else { return }
        for i in 0..<Int(used) { entries[i].topic.release() }
        entries.deallocate()
        self.entries = nil
        used = 0
    }

    private mutating func allocate() -> UnsafeMutablePointer<Entry> {
        let fresh = UnsafeMutablePointer<Entry>.allocate(capacity: Int(maximum))
        entries = fresh
        return fresh
    }
}
