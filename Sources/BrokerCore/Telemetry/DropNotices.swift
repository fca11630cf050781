/// Tells of some dropped messages of a tick one by one and of the rest by number; the counters are exact in any case.
struct DropNotices: BitwiseCopyable {
    /// Told one by one in a tick.
    static let perTick = 64

    private var told = 0
    private var untold: UInt64 = 0

    /// Whether to tell of one more.
    mutating func admit() -> Bool {
        guard told < Self.perTick else {
            untold += 1
            return false
        }
        told += 1
        return true
    }

    /// The tick is over: how many were not told of one by one.
    mutating func takeUntold() -> UInt64 {
        defer { self = DropNotices() }
        return untold
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

    mutating func dropped(_ topic: UnsafeRawBufferPointer, clientID: UnsafeRawBufferPointer, _ reason: DropReason) {
        counters.dropped[reason] += 1
        if dropNotices.admit() {
            notices.append(.messageDropped(topic: Array(topic), clientID: Array(clientID), reason: reason))
        }
    }
}
