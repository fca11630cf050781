import MQTTCodec
import MQTTSession
import Primitives

/// What a client has subscribed to, and who gets which message.
struct Subscriptions {
    /// What one SUBSCRIBE asks for.
    struct Entry {
        let request: SubscribeRequest
        var filters: [TopicFilter]
        var state = State.wanted
        /// Who waits for SUBACK, or for UNSUBACK.
        var operation: Operation
    }

    enum State: Equatable {
        /// To be asked for as soon as there is a connection.
        case wanted
        case asked
        case granted
        /// UNSUBSCRIBE is to be sent, or was.
        case unwanted
    }

    private var entries: [UInt32: Entry] = [:]
    /// Which packet of the connection asked for which subscription.
    var asked: [UInt16: UInt32] = [:]
    /// How many entries want a filter: with several, only the last one's identifier is the server's.
    private var wanters: [String: Int] = [:]
    private var hasTwins = false
    /// The server may still use identifiers that an earlier run gave.
    var isResumedFromEarlierRun = false

    /// Where messages go that nobody asked for; 0: nowhere.
    var unclaimedReader: UInt32 = 0
    /// Messages that nobody has asked for yet.
    var unclaimed: [ReceivedMessage] = []
    /// When the application has had its time to ask for them; never: it has not begun, or is over.
    var claimingEnds = Instant.never
    private(set) var isClaimingOver = false

    /// Those to be asked for, or to be ended, when a Packet Identifier is free.
    var postponed: [UInt32] = []

    private var lastTopic: (bytes: [UInt8], text: String) = ([], "")

    var awaitsAnswer: Bool { !asked.isEmpty }
    subscript(number: UInt32) -> Entry? {
        get { entries[number] }
        set { entries[number] = newValue }
    }

    /// All, in the order in which they came.
    var numbers: [UInt32] { entries.keys.sorted() }

    mutating func insert(_ entry: Entry) {
        entries[entry.request.subscription] = entry
        for filter in entry.request.filters { wanters[filter.filter, default: 0] += 1 }
        lookForTwins()
    }

    /// The filters nobody else wants.
    mutating func stopWanting(_ number: UInt32) -> [TopicFilter] {
        guard let entry = entries[number], entry.state != .unwanted else { return [] }
        for filter in entry.request.filters { wanters[filter.filter, default: 1] -= 1 }
        let left = entry.filters.filter { wanters[$0.text.string] == 0 }
        for filter in left { wanters[filter.text.string] = nil }
        lookForTwins()
        return left
    }

    mutating func remove(_ number: UInt32) {
        _ = stopWanting(number)
        entries[number] = nil
    }

    /// The subscriptions a message is for.
    mutating func receivers(of message: ReceivedMessage) -> [UInt32] {
        let identifiers = message.properties.subscriptionIdentifiers
        if !identifiers.isEmpty, !hasTwins, !isResumedFromEarlierRun {
            let known = identifiers.filter { entries[$0].map { $0.state != .unwanted } ?? false }
            if !known.isEmpty { return known }
        }
        var topic = message.topic
        return topic.withUTF8 { bytes in
            entries.filter { _, entry in
                entry.state != .unwanted && entry.filters.contains { $0.matches(topic: UnsafeRawBufferPointer(bytes)) }
            }
            .keys.sorted()
        }
    }

    /// The connection has ended: what it was asked is to be asked again.
    mutating func connectionLost(_ flows: inout OutboundFlows) {
        for (packetID, number) in asked {
            flows.abandon(packetID)
            if entries[number]?.state == .asked { entries[number]?.state = .wanted }
        }
        asked = [:]
        postponed = []
    }

    /// Everybody who waits.
    mutating func removeOperations() -> [Operation] {
        let operations = entries.values.map(\.operation)
        for number in entries.keys { entries[number]?.operation = .nobody }
        return operations
    }

    /// Every subscription there is, which are no more.
    mutating func removeAll() -> [UInt32] {
        let all = entries.filter { $0.value.state != .unwanted }.keys.sorted() + (unclaimedReader == 0 ? [] : [unclaimedReader])
        entries = [:]
        wanters = [:]
        unclaimed = []
        return all
    }

    /// Keeps a message until somebody asks for it; of QoS 0, which no acknowledgement bounds, the newest `limit`.
    mutating func keepUnclaimed(_ message: ReceivedMessage, limit: Int) {
        unclaimed.append(message)
        guard message.qos == .atMostOnce, unclaimed.count > limit, unclaimed.count(where: { $0.qos == .atMostOnce }) > limit else { return }
        if let oldest = unclaimed.firstIndex(where: { $0.qos == .atMostOnce }) { unclaimed.remove(at: oldest) }
    }

    mutating func endClaiming() { (claimingEnds, isClaimingOver) = (.never, true) }

    /// Gives up an unclaimed message; false: there is none of this receipt.
    mutating func dropUnclaimed(_ receipt: UInt64) -> Bool {
        guard let index = unclaimed.firstIndex(where: { $0.receipt == receipt }) else { return false }
        unclaimed.remove(at: index)
        return true
    }

    /// A Topic Name as text; mostly the one before.
    mutating func text(of topic: UnsafeRawBufferPointer) -> String {
        if lastTopic.bytes.count == topic.count, lastTopic.bytes.elementsEqual(topic) { return lastTopic.text }
        lastTopic = (Array(topic), String(decoding: topic, as: UTF8.self))
        return lastTopic.text
    }

    private mutating func lookForTwins() { hasTwins = wanters.values.contains { $0 > 1 } }
}
