import ClientCore
import Testing

/// A store of the outbox that works only when it is told to, and forgets at a crash what it has not done yet.
struct VirtualStore {
    enum Job {
        case commit([OutboxChange], number: UInt64)
        case load(after: UInt64, bytes: Int)
    }

    /// What a problem is reported with.
    var label = ""
    /// Asked for and not done.
    private(set) var jobs: [Job] = []
    private(set) var messages: [UInt64: [UInt8]] = [:]
    private(set) var exchanges: [UInt16: UInt64] = [:]
    private(set) var lastSequence: UInt64 = 0

    var isEmpty: Bool { messages.isEmpty && exchanges.isEmpty }
    var uncommitted: [OutboxChange] {
        jobs.flatMap { job -> [OutboxChange] in if case .commit(let changes, _) = job { changes } else { [] } }
    }

    mutating func ask(_ job: Job) { jobs.append(job) }

    /// Does what was asked first; what the client is to be told.
    mutating func work() -> ClientEvent? {
        guard !jobs.isEmpty else { return nil }
        switch jobs.removeFirst() {
        case .commit(let changes, let number):
            for change in changes { apply(change) }
            return .committed(number)
        case .load(let sequence, let bytes):
            var loaded: [StoredMessage] = []
            var left = bytes
            let underWay = Set(exchanges.values)
            for (number, content) in messages.sorted(by: { $0.key < $1.key }) where number > sequence && !underWay.contains(number) {
                if !loaded.isEmpty, left <= 0 { break }
                loaded.append(StoredMessage(sequence: number, content: content))
                left -= content.count
            }
            return .loaded(loaded)
        }
    }

    /// Fails to do what was asked first; what the client is to be told.
    mutating func fail() -> ClientEvent? {
        guard !jobs.isEmpty else { return nil }
        switch jobs.removeFirst() {
        case .commit(_, let number): return .commitFailed(number, reason: "full")
        case .load: return .loadFailed(reason: "broken")
        }
    }

    /// The process is gone, and with it all that was not done.
    mutating func crash() { jobs = [] }

    /// What the next run finds.
    var stored: StoredOutbox {
        StoredOutbox(
            messages: messages.count, bytes: messages.values.reduce(0) { $0 + $1.count }, lastSequence: lastSequence,
            exchanges: exchanges.sorted { $0.value < $1.value }.map { packetID, sequence in
                StoredExchange(
                    packetID: packetID, sequence: sequence,
                    message: messages[sequence].map { StoredMessage(sequence: sequence, content: $0) })
            })
    }

    private mutating func apply(_ change: OutboxChange) {
        switch change {
        case .add(let message):
            if message.sequence <= lastSequence { Issue.record("\(label)sequence \(message.sequence) is not new") }
            messages[message.sequence] = message.content
            lastSequence = max(lastSequence, message.sequence)
        case .begin(let packetID, let sequence):
            if let other = exchanges[packetID] { Issue.record("\(label)Packet Identifier \(packetID) is in use for message \(other)") }
            if messages[sequence] == nil { Issue.record("\(label)no message \(sequence) to begin with") }
            exchanges[packetID] = sequence
        case .release(let packetID, let sequence):
            if exchanges[packetID] != sequence { Issue.record("\(label)no exchange \(packetID) of message \(sequence) to release") }
            messages[sequence] = nil
        case .end(let packetID, let sequence):
            if exchanges[packetID] != sequence { Issue.record("\(label)no exchange \(packetID) of message \(sequence) to end") }
            exchanges[packetID] = nil
            messages[sequence] = nil
        case .remove(let sequence): messages[sequence] = nil
        case .forgetExchanges: exchanges = [:]
        }
    }
}
