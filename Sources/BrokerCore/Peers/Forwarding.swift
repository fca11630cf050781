import BrokerRecords
import MQTTCodec
import Primitives

/// Messages that cross from one shard to another.
extension BrokerCore {
    /// Brings a message to the shards that want it, one copy each however many subscribers they have; a retained one goes
    /// to all. If it is to be acknowledged, what the acknowledgement waits for.
    @inline(never)
    mutating func forward(
        _ message: UInt32, _ stamp: RetainedStamp, wantedBy interested: PeerSet, _ result: RouteResult, from publisher: UInt32,
        isAcknowledged: Bool
    ) -> UInt32 {
        let content = messages.pointer(to: message)
        let shards = content.pointee.retain ? outbox.others : interested
        var sequence: UInt64 = 0
        var pending = PendingAcknowledgement.none
        if isAcknowledged {
            (sequence, pending) = confirmations.begin(shards, wantedBy: interested, result)
        }
        let unconfirmed = isSentAgain(message, by: publisher) || interested.isEmpty ? 0 : keepUnconfirmed(message, for: interested)
        if !content.pointee.retain, content.pointee.size >= PeerOutbox.shareThreshold { messages.own(message) }
        var crossing = content.pointee
        for shard in shards {
            crossing.record = interested.contains(shard) ? unconfirmed : 0
            if content.pointee.retain {
                outbox.retained(crossing, RetainedCrossing(sequence: sequence, stamp: stamp), to: shard)
            } else {
                outbox.publish(crossing, sequence: sequence, to: shard)
            }
        }
        return pending
    }

    /// Whether a message that is lost on its way to another shard comes once more: at QoS 1 the publisher sends again what
    /// was not acknowledged, at QoS 2 only what was not received; and a Will nobody sends again.
    private func isSentAgain(_ message: UInt32, by publisher: UInt32) -> Bool {
        guard journal.isOn else { return true }
        if publisher == Session.none { return messages[message].qos == .atMostOnce }
        return messages[message].qos != .exactlyOnce || sessions[publisher].number == 0
    }

    /// Deals with one message of another shard; `message` borrows bytes that stay until the end of the tick.
    mutating func handle(_ message: PeerMessage, from shard: Int, at now: Instant, into actions: inout Actions) {
        switch message {
        case .interest(let filter, let isWanted): noteInterest(of: shard, in: filter, isWanted: isWanted)
        case .publish(let content, let sequence):
            let extent = journal.extent
            let crossed = adopt(content)
            route(crossed, from: shard, sequence, since: extent, at: now, into: &actions)
        case .retained(let content, let crossing):
            let extent = journal.extent
            let crossed = adopt(content)
            retain(crossed, crossing.pointee.stamp)
            if content.payloadLength == 0 { owesClock = true }
            route(crossed, from: shard, crossing.pointee.sequence, since: extent, at: now, into: &actions)
        case .confirmed(let sequence): confirm(sequence, by: shard, isRefused: false, into: &actions)
        case .refused(let sequence): confirm(sequence, by: shard, isRefused: true, into: &actions)
        case .ask(let pending): confirmations.asked.append((shard, pending))
        case .answered(let pending): answered(pending, into: &actions)
        case .join(let membership, let maximumQoS, let isDurable, let name, let shareNameCount):
            join(
                membership, of: shard, maximumQoS, isDurable: isDurable,
                shareName: UnsafeRawBufferPointer(rebasing: name[..<shareNameCount]),
                filter: UnsafeRawBufferPointer(rebasing: name[shareNameCount...]))
        case .leave(let membership): leave(membership, of: shard)
        case .memberState(let membership, let state): note(state, of: membership, on: shard, at: now, into: &actions)
        case .takeBack(let membership): giveBack(membership)
        case .give(let content, let giving):
            let crossed = messages.adopt(content)
            take(crossed, giving.pointee, from: shard, at: now, into: &actions)
            messages.release(crossed)
        case .giveBack(let content, let giving):
            let crossed = messages.adopt(content)
            takeBack(crossed, giving.pointee, at: now, into: &actions)
            messages.release(crossed)
        case .figuresWanted: outbox.tell(shard, beside: figures) { .figures($0) }
        case .figures(let figures): note(figures.pointee, at: now, into: &actions)
        case .connection: preconditionFailure("a connection is the tick's")
        }
        disconnectDoomed(at: now, into: &actions)
    }

    /// A message that came from another shard. It gets a number of this shard's own if anybody durable here has a claim
    /// to it; in the same batch this shard ceases to be one that has not dealt with it.
    private mutating func adopt(_ content: Message) -> UInt32 {
        if content.record != 0 { journal.delete(RecordKey.unconfirmed(content.record, shard: place.index), in: BrokerTable.unconfirmed) }
        let crossed = messages.adopt(content)
        messages[crossed].record = 0
        return crossed
    }

    private mutating func route(
        _ message: UInt32, from shard: Int, _ sequence: UInt64, since extent: Int, at now: Instant, into actions: inout Actions
    ) {
        var result = RouteResult()
        // [MQTT-3.3.2-5]: it may have waited long.
        if messages[message].expires > now {
            result = route(message, along: resolve(messages[message].topicBytes), from: Session.none, at: now, into: &actions)
        } else {
            dropped(messages[message].topicBytes, for: Session.none, .expired)
        }
        messages.release(message)
        if sequence != 0 { answer(sequence, result, isPromise: journal.extent != extent, to: shard) }
    }

    /// All messages of a batch of `shard` have been dealt with.
    mutating func heard(_ shard: Int, clock: Int64) {
        peerClocks[shard] = max(peerClocks[shard], clock)
        forgetTombstones()
    }

    /// Nobody gives a version any more that is lower than all promises.
    mutating func forgetTombstones() {
        guard retained.hasTombstones else { return }
        var least = Int64.max
        for other in outbox.others { least = min(least, peerClocks[other]) }
        retained.forgetTombstones(upTo: least)
    }

    private mutating func answer(_ sequence: UInt64, _ result: RouteResult, isPromise: Bool, to shard: Int) {
        if (isPromise && journal.holds) || !confirmations.held[shard].isEmpty {
            confirmations.held[shard].append(
                Confirmations.Held(batch: journal.awaited, sequence: sequence, isRefused: result.isRefused))
        } else {
            answer(sequence, isRefused: result.isRefused, to: shard)
        }
    }

    private mutating func answer(_ sequence: UInt64, isRefused: Bool, to shard: Int) {
        if isRefused { outbox.tell(shard, .refused(sequence)) } else { confirmations.toAnswer[shard] = sequence }
    }

    /// What this shard did with messages of others is on disk now, up to a batch: they may know.
    mutating func answerHeld(upTo batch: UInt64) {
        for shard in outbox.others {
            while !confirmations.held[shard].isEmpty, confirmations.held[shard][0].batch <= batch,
                let held = confirmations.held[shard].popFirst()
            {
                answer(held.sequence, isRefused: held.isRefused, to: shard)
            }
        }
    }

    /// Everything for one shard, in order, with this shard's promise.
    mutating func takeBatches(for shard: Int) -> [PeerBatch] { outbox.takeBatches(for: shard, clock: retained.clock) }

    /// Answers those who asked, now that everything told before has been posted to all; false: nobody has.
    mutating func answerAsked() -> Bool {
        guard !confirmations.asked.isEmpty else { return false }
        for (shard, pending) in confirmations.asked { outbox.tell(shard, .answered(pending)) }
        confirmations.asked.removeAll()
        return true
    }

    /// Tells each shard how far its messages have been dealt with; the tick asks for it before it posts.
    mutating func answerPeers() {
        for shard in outbox.others where confirmations.toAnswer[shard] != 0 {
            outbox.tell(shard, .confirmed(confirmations.toAnswer[shard]))
            confirmations.toAnswer[shard] = 0
        }
        // Who cleared a Retained Message waits to hear that nobody sets it with an older version.
        if owesClock { for shard in outbox.others { outbox.touch(shard) } }
        owesClock = false
    }
}
