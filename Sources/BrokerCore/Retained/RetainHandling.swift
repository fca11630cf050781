import MQTTCodec
import MQTTSession
import Primitives

extension BrokerCore {
    /// Retain Handling 0, 1 and 2 [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11].
    func wantsRetained(_ handling: SubscriptionOptions.RetainHandling, isNew: Bool) -> Bool {
        switch handling {
        case .sendAtSubscribe: true
        case .sendIfNew: isNew
        case .doNotSend: false
        }
    }

    /// Begins to send the Retained Messages of a subscription's filter, after those its session is still being sent.
    mutating func startRetained(_ subscription: UInt32) {
        cancelRetained(subscription)
        let subscribed = subscriptions.pointer(to: subscription)
        let filter = subscriptions.trie.filter(of: subscribed.pointee.node).withUnsafeBytes { FilterLevels($0) }
        retained.pin(retained.tree.root)
        let session = sessions.pointer(to: subscribed.pointee.session)
        let last = session.pointee.lastRetainedCursor
        let cursor = retainedCursors.insert(
            RetainedCursor(
                filter: filter, subscription: subscription, identifier: subscribed.pointee.identifier,
                maximumQoS: subscribed.pointee.maximumQoS, sequence: retained.sequence, node: retained.tree.root, depth: 0,
                withheldPublisher: subscribed.pointee.noLocal ? registry.key(of: session.pointee.clientIDBytes) : 0,  // [MQTT-3.8.3-3]
                previous: last))
        if last == RetainedCursor.none {
            session.pointee.firstRetainedCursor = cursor
        } else {
            retainedCursors[last].next = cursor
        }
        session.pointee.lastRetainedCursor = cursor
        subscribed.pointee.retainedCursor = cursor
    }

    /// Ends the walk of a subscription that goes or is made anew, if one is under way.
    mutating func cancelRetained(_ subscription: UInt32) {
        let cursor = subscriptions.pointer(to: subscription).pointee.retainedCursor
        if cursor != RetainedCursor.none { removeRetainedCursor(cursor) }
    }

    /// Sends Retained Messages with RETAIN 1 as far as quota, output and turn allow; never drops one, however many there
    /// are and however slow the client is.
    mutating func drainRetained(_ slot: UInt32, _ budget: inout Int, at now: Instant, into actions: inout Actions) {
        let session = sessions.pointer(to: slot)
        var steps = budget * 8
        while budget > 0, session.pointee.firstRetainedCursor != RetainedCursor.none {
            let first = session.pointee.firstRetainedCursor
            let cursor = retainedCursors.pointer(to: first)
            if cursor.pointee.maximumQoS > .atMostOnce, !session.pointee.mayStartExchange { return }
            switch retained.next(&cursor.pointee, steps: &steps) {
            case .paused: budget = 0
            case .exhausted: removeRetainedCursor(first)
            case .message(let message):
                budget -= 1
                sendRetained(message, cursor.pointee, to: session, at: now, into: &actions)
            }
        }
    }

    private mutating func sendRetained(
        _ message: UInt32, _ cursor: RetainedCursor, to session: UnsafeMutablePointer<Session>, at now: Instant,
        into actions: inout Actions
    ) {
        let content = messages[message]
        guard content.expires > now else { return }
        let identifiers = identifierSets.make(cursor.identifier)
        var delivery = Delivery(
            message: message, qos: min(content.qos, cursor.maximumQoS), retain: true, subscriptionIdentifiers: identifiers)
        if fits(delivery, session) {
            if delivery.qos == .atMostOnce {
                send(delivery, packetID: 0, dup: false, to: session, into: &actions)
            } else if session.pointee.number != 0 {
                // The claim to it is this session's own.
                delivery.message = messages.derive(message)
                startKeptExchange(delivery, to: session, into: &actions)
                sealClaims(of: delivery.message)
                messages.release(delivery.message)
            } else {
                startExchange(delivery, to: session, into: &actions)
            }
        }
        identifierSets.release(identifiers)
    }

    private mutating func removeRetainedCursor(_ cursor: UInt32) {
        let removed = retainedCursors[cursor]
        let subscription = subscriptions.pointer(to: removed.subscription)
        let session = sessions.pointer(to: subscription.pointee.session)
        if removed.previous == RetainedCursor.none {
            session.pointee.firstRetainedCursor = removed.next
        } else {
            retainedCursors[removed.previous].next = removed.next
        }
        if removed.next == RetainedCursor.none {
            session.pointee.lastRetainedCursor = removed.previous
        } else {
            retainedCursors[removed.next].previous = removed.previous
        }
        subscription.pointee.retainedCursor = RetainedCursor.none
        retained.unpin(removed.node)
        removed.filter.deallocate()
        retainedCursors.remove(cursor)
    }
}
