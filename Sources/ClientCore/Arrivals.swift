import MQTTCodec
import Primitives

/// QoS 1 and 2 messages that came and are not acknowledged yet. Acknowledgements leave in the order in which the messages came,
/// so one that is not dealt with holds back those behind it.
struct Arrivals {
    private struct Entry {
        var packetID: UInt16
        var qos: QoS
        /// How many more have to acknowledge it.
        var uses: Int
    }

    /// Those of this connection, in their order; `first` is the receipt of the first.
    private var entries: [Entry] = []
    private var head = 0
    private var first: UInt64 = 1
    /// QoS 2 messages, of any connection, that are not acknowledged, with their receipts.
    private var exactlyOnce: [UInt16: (receipt: UInt64, uses: Int)] = [:]

    /// Those that came on this connection and are not acknowledged.
    var count: Int { entries.count - head }

    /// A message came, for `uses` readers; its receipt.
    mutating func add(_ packetID: UInt16, _ qos: QoS, uses: Int) -> UInt64 {
        entries.append(Entry(packetID: packetID, qos: qos, uses: uses))
        let receipt = first + UInt64(count - 1)
        if qos == .exactlyOnce, uses > 0 { exactlyOnce[packetID] = (receipt, uses) }
        return receipt
    }

    /// A QoS 2 message came again, on a new connection: it is acknowledged when its readers have done so.
    mutating func addAgain(_ packetID: UInt16) {
        entries.append(Entry(packetID: packetID, qos: .exactlyOnce, uses: exactlyOnce[packetID]?.uses ?? 0))
    }

    /// Whether a QoS 2 message awaits its place in this connection: it came again while it is still in here.
    func contains(_ packetID: UInt16) -> Bool { entries[head...].contains { $0.qos == .exactlyOnce && $0.packetID == packetID } }

    /// How many readers a message has turns out later.
    mutating func setUses(_ receipt: UInt64, _ uses: Int) {
        if let index = index(of: receipt) {
            entries[index].uses = uses
            if entries[index].qos == .exactlyOnce { exactlyOnce[entries[index].packetID] = uses > 0 ? (receipt, uses) : nil }
        } else if let packetID = packetID(of: receipt) {
            exactlyOnce[packetID] = uses > 0 ? (receipt, uses) : nil
            for index in again(packetID) { entries[index].uses = uses }
        }
    }

    /// The receipt of the message that holds back all others; nil: there is none.
    var firstReceipt: UInt64? {
        guard head < entries.count else { return nil }
        return entries[head].qos == .exactlyOnce ? exactlyOnce[entries[head].packetID]?.receipt ?? first : first
    }

    /// Whether the first message keeps others from being acknowledged that are dealt with.
    var isHoldingBack: Bool { entries[head...].dropFirst().contains { $0.uses <= 0 } }

    /// A reader has dealt with a message. That of an earlier connection is either here again, or will come again.
    mutating func acknowledge(_ receipt: UInt64) {
        if let index = index(of: receipt) {
            entries[index].uses -= 1
            guard entries[index].qos == .exactlyOnce else { return }
            use(entries[index].packetID)
        } else if let packetID = packetID(of: receipt) {
            use(packetID)
            for index in again(packetID) { entries[index].uses -= 1 }
        }
    }

    /// The next message whose turn it is to be acknowledged.
    mutating func takeAcknowledged() -> (packetID: UInt16, qos: QoS)? {
        guard head < entries.count, entries[head].uses <= 0 else { return nil }
        let entry = entries[head]
        head += 1
        first += 1
        if head == entries.count || head > 1_024 {
            entries.removeFirst(head)
            head = 0
        }
        return (entry.packetID, entry.qos)
    }

    /// Receipts of the connection before are those of an earlier one from now on.
    mutating func beginConnection() {
        first += UInt64(count)
        entries = []
        head = 0
    }

    /// The Session is gone, and with it what was between PUBLISH and PUBREC.
    mutating func forgetExactlyOnce() { exactlyOnce = [:] }

    private mutating func use(_ packetID: UInt16) {
        guard let known = exactlyOnce[packetID] else { return }
        exactlyOnce[packetID] = known.uses > 1 ? (known.receipt, known.uses - 1) : nil
    }

    /// Which QoS 2 message of an earlier connection has this receipt.
    private func packetID(of receipt: UInt64) -> UInt16? {
        receipt < first ? exactlyOnce.first { $0.value.receipt == receipt }?.key : nil
    }

    /// Where it came again.
    private func again(_ packetID: UInt16) -> [Int] {
        entries.indices.dropFirst(head).filter { entries[$0].qos == .exactlyOnce && entries[$0].packetID == packetID }
    }

    private func index(of receipt: UInt64) -> Int? {
        guard receipt >= first, receipt - first < UInt64(count) else { return nil }
        return head + Int(receipt - first)
    }
}
