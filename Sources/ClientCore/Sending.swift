import MQTTCodec
import MQTTSession
import Primitives

extension ClientCore {
    /// Takes a message: onto the wire at once if nothing is before it, otherwise into the outbox.
    mutating func publish(_ publication: Publication, completion: Operation, acceptance: Operation, into actions: inout ClientActions) {
        let weight = publication.weight
        guard phase != .stopped else {
            actions.complete(completion, .failed(.stopped))
            actions.complete(acceptance, .failed(.stopped))
            return release(weight, into: &actions)
        }
        if publication.qos == .atMostOnce, phase == .connected, outbox.waiting.isEmpty, outbox.held.isEmpty, outbox.spilled == 0,
            resending.next == nil, mayWrite(actions)
        {
            // Nothing waits, so it need not either, nor touch a disk.
            let error = reasonAgainst(publication)
            if error == nil { write(publication, into: &actions) } else if completion == .nobody { actions.failedMessages += 1 }
            let outcome = error.map(Outcome.failed) ?? .done(.success)
            actions.complete(completion, outcome)
            actions.complete(acceptance, outcome)
            return release(weight, into: &actions)
        }
        let sequence = outbox.nextSequence()
        if outbox.hasStore {
            outbox.change(.add(StoredMessage(sequence: sequence, content: StoredContent.encode(publication))))
            if acceptance != .nobody { outbox.acceptances.append((outbox.batch, acceptance)) }
            if outbox.spilled > 0 || outbox.waitingBytes > outbox.limits.bytesInMemory {
                outbox.countSpilled(1, weight)
                if completion != .nobody { outbox.spilledCompletions[sequence] = completion }
                if outbox.limits.whenFull == .dropOldest { makeRoom(into: &actions) }
                return
            }
            outbox.lastInMemory = sequence
        } else {
            actions.complete(acceptance, .done(.success))
        }
        outbox.wait(outbox.insert(Outbox.Entry(publication: publication, sequence: sequence, weight: weight, completion: completion)))
        if outbox.limits.whenFull == .dropOldest { makeRoom(into: &actions) }
        pump(into: &actions)
    }

    /// Sends what may be sent, in order: what is held, what is sent again, what waits.
    mutating func pump(into actions: inout ClientActions) {
        guard phase == .connected else { return }
        sendHeld(into: &actions)
        while let packetID = resending.next {
            guard mayWrite(actions), sendAgain(packetID, into: &actions) else { return }
            resending.position += 1
        }
        while !outbox.waiting.isEmpty, mayWrite(actions) {
            let slot = outbox.waiting[0]
            guard let entry = outbox[slot] else { return }
            // What the server has no room for waits, and all that is behind it [MQTT-4.9.0-1] [MQTT-3.3.4-7].
            let isNumbered = entry.publication.qos > .atMostOnce
            if isNumbered, quota.isExhausted || flows.count >= Self.publishExchanges { return }
            _ = outbox.takeWaiting()
            if let error = reasonAgainst(entry.publication) {
                outbox.change(.remove(sequence: entry.sequence))
                fail(slot, error, into: &actions)
            } else if isNumbered {
                begin(slot, entry, into: &actions)
            } else {
                outbox.change(.remove(sequence: entry.sequence))
                hold(.unnumbered, slot: slot, into: &actions)
            }
        }
        loadMore(into: &actions)
    }

    /// Has something sent once all that has changed is safe: at once when it is.
    mutating func hold(_ kind: Outbox.Held.Kind, packetID: UInt16 = 0, slot: UInt32 = 0, into actions: inout ClientActions) {
        let held = Outbox.Held(kind: kind, packetID: packetID, slot: slot, batch: outbox.batch)
        if outbox.held.isEmpty, held.batch <= outbox.committed { send(held, into: &actions) } else { outbox.held.append(held) }
    }

    /// A message is through: its publisher is told, its place is free.
    mutating func finish(_ slot: UInt32, _ outcome: Outcome, into actions: inout ClientActions) {
        guard let entry = outbox.remove(slot) else { return }
        actions.complete(entry.completion, outcome)
        release(entry.weight, into: &actions)
        flushed(entry.sequence)
    }

    /// A message does not get through: its publisher is told, or it is counted.
    mutating func fail(_ slot: UInt32, _ error: MQTTClientError, into actions: inout ClientActions) {
        if outbox[slot]?.completion == .nobody { actions.failedMessages += 1 }
        finish(slot, .failed(error), into: &actions)
    }

    private mutating func begin(_ slot: UInt32, _ entry: Outbox.Entry, into actions: inout ClientActions) {
        quota.take()  // [MQTT-4.9.0-2]
        // A new identifier, not in use [MQTT-2.2.1-3] [MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT-2.3.1-2 of 3.1.1] [MQTT-4.3.3-1 of 3.1.1].
        let packetID = flows.start(Delivery(message: slot, qos: entry.publication.qos, retain: entry.publication.retain))
        outbox.change(.begin(packetID: packetID, sequence: entry.sequence))
        hold(.publish, packetID: packetID, into: &actions)
    }

    /// The next exchange of a Session that goes on [MQTT-4.4.0-1] [MQTT-4.4.0-1 of 3.1.1]; false: the server has no room for it.
    private mutating func sendAgain(_ packetID: UInt16, into actions: inout ClientActions) -> Bool {
        guard let exchange = flows.exchange(packetID) else { return true }
        if exchange.state == .awaitingPubcomp {
            hold(.pubrel, packetID: packetID, into: &actions)
            return true
        }
        guard !quota.isExhausted else { return false }
        quota.take()
        flows.resend(packetID)
        hold(.publish, packetID: packetID, into: &actions)
        return true
    }

    private mutating func sendHeld(into actions: inout ClientActions) {
        while !outbox.held.isEmpty, outbox.held[0].batch <= outbox.committed, mayWrite(actions) {
            guard let held = outbox.held.popFirst() else { return }
            send(held, into: &actions)
        }
    }

    private mutating func send(_ held: Outbox.Held, into actions: inout ClientActions) {
        switch held.kind {
        case .publish:
            guard let exchange = flows.exchange(held.packetID), let entry = outbox[exchange.delivery.message] else { return }
            if let error = reasonAgainst(entry.publication) {
                flows.abandon(held.packetID)
                quota.giveBack()
                outbox.change(.end(packetID: held.packetID, sequence: entry.sequence))
                return fail(exchange.delivery.message, error, into: &actions)
            }
            // DUP as soon as it is not the first time [MQTT-3.3.1-1] [MQTT-3.3.1-3] [MQTT-3.3.1-1 of 3.1.1] [MQTT-3.3.1-3 of 3.1.1].
            write(entry.publication, packetID: held.packetID, dup: flows.markOld(held.packetID), into: &actions)
        case .pubrel: send(.acknowledgement(PublishAcknowledgement(.pubrel, packetID: held.packetID)), into: &actions)
        case .unnumbered:
            guard let entry = outbox[held.slot] else { return }
            write(entry.publication, into: &actions)
            finish(held.slot, .done(.success), into: &actions)
        }
    }

    /// What speaks against sending this to this server [MQTT-3.2.2-11] [MQTT-3.2.2-14] [MQTT-3.2.2-15].
    private func reasonAgainst(_ publication: Publication) -> MQTTClientError? {
        if publication.qos > limits.maximumQoS { return .notSupported("the server takes QoS \(limits.maximumQoS.rawValue) at most") }
        if publication.retain, !limits.retainAvailable { return .notSupported("the server keeps no Retained Messages") }
        let maximum = Int(limits.maximumPacketSize)
        // Only a large message is worth measuring.
        guard publication.payload.count + publication.topic.utf8.count + 16 > maximum || !publication.properties.isEmpty else { return nil }
        let bytes = PublishForm(publication).encodedLength(version)
        return bytes > maximum ? .packetTooLarge(bytes: bytes, maximum: maximum) : nil
    }

    private mutating func write(_ publication: Publication, packetID: UInt16 = 0, dup: Bool = false, into actions: inout ClientActions) {
        var form = PublishForm(publication)
        form.packetID = packetID
        form.dup = dup
        if !outgoingAliases.isOff {
            var topic = publication.topic
            let choice = topic.withUTF8 { bytes in
                let raw = UnsafeRawBufferPointer(bytes)
                return raw.baseAddress.map { outgoingAliases.choose(raw, hash: hash($0, raw.count)) } ?? .full
            }
            switch choice {
            case .full: break
            case .set(let alias): form.topicAlias = alias
            case .use(let alias):
                form.topicAlias = alias
                form.omitsTopic = true
            }
            // An alias may make a packet larger, and must not make it too large.
            if form.topicAlias > 0, !form.omitsTopic, form.encodedLength(version) > Int(limits.maximumPacketSize) {
                outgoingAliases.deallocate()
                outgoingAliases = OutboundTopicAliases(maximum: 0)
                form.topicAlias = 0
            }
        }
        form.encode(version, into: &actions.output)
    }

    func release(_ weight: Int, into actions: inout ClientActions) {
        actions.releasedMessages += 1
        actions.releasedBytes += weight
    }

    /// Drops the oldest messages that are not in flight; those in the store only are read first.
    mutating func makeRoom(into actions: inout ClientActions) {
        while outbox.count > outbox.limits.messages || outbox.bytes > outbox.limits.bytes, outbox.waiting.count + outbox.spilled > 1 {
            guard let slot = outbox.takeWaiting() else { return load(into: &actions) }
            if let entry = outbox[slot] { outbox.change(.remove(sequence: entry.sequence)) }
            fail(slot, .dropped, into: &actions)
        }
    }

    /// Exchanges beyond which messages wait: those of earlier connections take no place in the Receive Maximum, but an identifier each.
    private static var publishExchanges: Int { 65_000 }

    // MARK: Flushing

    mutating func flush(_ operation: Operation, into actions: inout ClientActions) {
        guard phase != .stopped else { return actions.complete(operation, .failed(.stopped)) }
        flushes.append(Flush(upTo: outbox.lastSequence, left: outbox.count, operation: operation))
    }

    mutating func flushed(_ sequence: UInt64) {
        for index in flushes.indices where sequence <= flushes[index].upTo { flushes[index].left -= 1 }
    }

    /// All output is written: what left the outbox is on its way.
    mutating func completeFlushes(into actions: inout ClientActions) {
        flushes.removeAll { flush in
            if flush.left == 0 { actions.complete(flush.operation, .done(.success)) }
            return flush.left == 0
        }
    }
}

/// Somebody waits until everything accepted before is through.
struct Flush {
    let upTo: UInt64
    var left: Int
    let operation: Operation
}

extension PublishForm {
    init(_ publication: Publication) {
        self.init(
            topic: publication.topic, payload: publication.payload, properties: publication.properties, qos: publication.qos,
            retain: publication.retain)
    }
}
