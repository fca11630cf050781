import Primitives

/// Lets through a few notices of dropped messages a second and counts the rest; the counters are exact in any case.
struct DropNotices: BitwiseCopyable {
    /// Notices a second.
    static let perSecond = 10

    private var second: Int64
    private var told = 0
    private(set) var suppressed: UInt64 = 0

    init(startedAt now: Instant) { second = now.nanoseconds / 1_000_000_000 }

    /// Whether to tell of one more; `nil` when not, otherwise how many were not told of before it.
    mutating func admit(at now: Instant) -> UInt64? {
        let current = now.nanoseconds / 1_000_000_000
        if current != second {
            second = current
            told = 0
        }
        guard told < Self.perSecond else {
            suppressed += 1
            return nil
        }
        told += 1
        defer { suppressed = 0 }
        return suppressed
    }
}

extension BrokerCore {
    mutating func dropped(_ message: UInt32, for session: UnsafeMutablePointer<Session>, _ reason: DropReason) {
        dropped(messages[message].topicBytes, clientID: session.pointee.clientIDBytes, reason)
    }

    mutating func dropped(_ topic: UnsafeRawBufferPointer, for session: UInt32, _ reason: DropReason) {
        let clientID = session == Session.none ? UnsafeRawBufferPointer(start: nil, count: 0) : sessions[session].clientIDBytes
        dropped(topic, clientID: clientID, reason)
    }

    private mutating func dropped(_ topic: UnsafeRawBufferPointer, clientID: UnsafeRawBufferPointer, _ reason: DropReason) {
        counters.dropped[reason] += 1
        if let suppressed = dropNotices.admit(at: present) {
            notices.append(.messageDropped(topic: Array(topic), clientID: Array(clientID), reason: reason, suppressed: suppressed))
        }
    }
}
