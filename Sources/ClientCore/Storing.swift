import MQTTCodec
import MQTTSession
import Primitives

/// What a client with a store does so that its outbox survives the process: nothing is promised, and no QoS 2 step taken, before it is safe.
extension ClientCore {
    /// Takes up what an earlier run left: its exchanges, and the number of messages that wait in the store.
    mutating func restore(_ stored: StoredOutbox, into actions: inout ClientActions) {
        outbox.restored(stored)
        var (inFlight, bytesInFlight) = (0, 0)
        for exchange in stored.exchanges {
            let publication = exchange.message.flatMap { StoredContent.decode($0.content) }
            let weight = exchange.message?.content.count ?? 0
            if exchange.message != nil { inFlight += 1 }
            bytesInFlight += weight
            // A Packet Identifier that cannot be, or is there twice, is a store's mistake and nobody's exchange.
            guard exchange.packetID != 0, flows.exchange(exchange.packetID) == nil else { continue }
            let entry = Outbox.Entry(
                publication: publication ?? Publication(topic: "", payload: [], qos: .exactlyOnce), sequence: exchange.sequence,
                weight: weight, completion: .nobody)
            let slot = outbox.insert(entry)
            flows.restore(
                Delivery(message: slot, qos: entry.publication.qos, retain: entry.publication.retain), packetID: exchange.packetID,
                isReleased: publication == nil)
        }
        outbox.countSpilled(max(0, stored.messages - inFlight), max(0, stored.bytes - bytesInFlight))
        hasSessionState = hasSessionState || !stored.exchanges.isEmpty
        actions.releasedMessages -= outbox.count
        actions.releasedBytes -= outbox.bytes
    }

    mutating func commitChanges(areLast: Bool = false, into actions: inout ClientActions) {
        guard phase != .stopped || areLast else { return }
        if let (changes, number) = outbox.takeChanges(areLast: areLast) { actions.append(.commit(changes, number: number)) }
    }

    mutating func committed(_ number: UInt64, into actions: inout ClientActions) {
        outbox.committed = number
        outbox.inDoubt = []
        let safe = outbox.acceptances.prefix { $0.batch <= number }
        for acceptance in safe { actions.complete(acceptance.operation, .done(.success)) }
        outbox.acceptances.removeFirst(safe.count)
        pump(into: &actions)
    }

    /// The store has no room, or is broken: what it was to accept is refused, and the rest is tried again later.
    mutating func commitFailed(_ number: UInt64, _ reason: String, at now: Instant, into actions: inout ClientActions) {
        let error = Outcome.failed(.outboxFailed(reason: reason))
        var refused: [UInt64: StoredMessage] = [:]
        for case .add(let message) in outbox.inDoubt { refused[message.sequence] = message }
        outbox.changes = (outbox.inDoubt + outbox.changes).filter { refused[$0.sequence] == nil }
        outbox.inDoubt = []
        for acceptance in outbox.acceptances where acceptance.batch == number { actions.complete(acceptance.operation, error) }
        outbox.acceptances.removeAll { $0.batch == number }
        for packetID in flows.inOrder() {
            guard let exchange = flows.exchange(packetID), exchange.state != .reserved,
                let entry = outbox[exchange.delivery.message], refused[entry.sequence] != nil
            else { continue }
            flows.abandon(packetID)
            if exchange.takesQuota { quota.giveBack() }
            finish(exchange.delivery.message, error, into: &actions)
        }
        for (sequence, message) in refused {
            if let slot = outbox.removeHeld(sequence) ?? outbox.removeWaiting(sequence) {
                finish(slot, error, into: &actions)
            } else if sequence > outbox.lastInMemory {
                let weight = outbox.weight(message, StoredContent.decode(message.content))
                outbox.dropSpilled(weight)
                actions.complete(outbox.spilledCompletions.removeValue(forKey: sequence) ?? .nobody, error)
                release(weight, into: &actions)
                flushed(sequence)
            }
        }
        // Where nothing is left of the batch, nothing has to wait for it.
        if outbox.changes.isEmpty { outbox.committed = number }
        for index in 0..<outbox.held.count where outbox.held[index].batch == number { outbox.held[index].batch = outbox.batch }
        outbox.retryDue = now.advanced(bySeconds: Outbox.retrySeconds)
    }

    /// The next messages have been read from the store.
    mutating func loaded(_ messages: [StoredMessage], into actions: inout ClientActions) {
        outbox.isLoading = false
        // What is not committed yet is not found yet; the commit asks again.
        guard phase != .stopped, !messages.isEmpty else { return }
        for message in messages {
            outbox.lastInMemory = message.sequence
            let completion = outbox.spilledCompletions.removeValue(forKey: message.sequence) ?? .nobody
            let publication = StoredContent.decode(message.content)
            let weight = outbox.weight(message, publication)
            guard let publication else {
                outbox.dropSpilled(weight)
                outbox.change(.remove(sequence: message.sequence))
                if completion == .nobody { actions.failedMessages += 1 }
                actions.complete(completion, .failed(.outboxFailed(reason: "message \(message.sequence) cannot be read")))
                release(weight, into: &actions)
                flushed(message.sequence)
                continue
            }
            outbox.spilled -= 1
            let entry = Outbox.Entry(
                publication: publication, sequence: message.sequence, weight: weight, completion: completion)
            outbox.wait(outbox.insert(entry, isCounted: true))
        }
        if outbox.limits.whenFull == .dropOldest { makeRoom(into: &actions) }
        pump(into: &actions)
    }

    /// Asks for stored messages when few are left in memory.
    mutating func loadMore(into actions: inout ClientActions) {
        if outbox.waitingBytes <= outbox.limits.bytesInMemory / 2 { load(into: &actions) }
    }

    mutating func load(into actions: inout ClientActions) {
        guard outbox.spilled > 0, !outbox.isLoading else { return }
        outbox.isLoading = true
        actions.append(.load(after: outbox.lastInMemory, bytes: max(1, outbox.limits.bytesInMemory / 2)))
    }
}

extension OutboxChange {
    /// The message it is about; 0: all.
    fileprivate var sequence: UInt64 {
        switch self {
        case .add(let message): message.sequence
        case .begin(_, let sequence), .release(_, let sequence), .end(_, let sequence), .remove(let sequence): sequence
        case .forgetExchanges: 0
        }
    }
}
