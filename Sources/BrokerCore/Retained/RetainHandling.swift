import MQTTCodec
import MQTTSession
import Primitives

/// A subscription that is to be sent the Retained Messages of its filter.
struct RetainedRequest {
    var filter: UTF8Text
    var node: UInt32
    var identifier: UInt32
    var maximumQoS: QoS
}

extension BrokerCore {
    /// Retain Handling 0, 1 and 2 [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11].
    func wantsRetained(_ handling: SubscriptionOptions.RetainHandling, isNew: Bool) -> Bool {
        switch handling {
        case .sendAtSubscribe: true
        case .sendIfNew: isNew
        case .doNotSend: false
        }
    }

    /// Begins to send a session the Retained Messages of one filter, after those it is still being sent.
    mutating func startRetained(_ request: RetainedRequest, for slot: UInt32) {
        cancelRetained(node: request.node, for: slot)
        let filter = request.filter.bytes.withUnsafeBytes { FilterLevels($0) }
        retained.pin(retained.tree.root)
        let cursor = retainedCursors.insert(
            RetainedCursor(
                filter: filter, subscriptionNode: request.node, identifier: request.identifier, maximumQoS: request.maximumQoS.rawValue,
                sequence: retained.sequence, node: retained.tree.root, depth: 0))
        let session = sessions.pointer(to: slot)
        if session.pointee.lastRetainedCursor == RetainedCursor.none {
            session.pointee.firstRetainedCursor = cursor
        } else {
            retainedCursors[session.pointee.lastRetainedCursor].next = cursor
        }
        session.pointee.lastRetainedCursor = cursor
    }

    /// Ends the walk of a subscription that is gone or made anew.
    mutating func cancelRetained(node: UInt32, for slot: UInt32) {
        var previous = RetainedCursor.none
        var cursor = sessions[slot].firstRetainedCursor
        while cursor != RetainedCursor.none {
            let next = retainedCursors[cursor].next
            if retainedCursors[cursor].subscriptionNode == node {
                removeRetainedCursor(cursor, after: previous, of: slot)
            } else {
                previous = cursor
            }
            cursor = next
        }
    }

    mutating func cancelAllRetained(for slot: UInt32) {
        while sessions[slot].firstRetainedCursor != RetainedCursor.none {
            removeRetainedCursor(sessions[slot].firstRetainedCursor, after: RetainedCursor.none, of: slot)
        }
    }

    /// Sends Retained Messages with RETAIN 1 as far as quota, output and turn allow; never drops one, however many there
    /// are and however slow the client is.
    mutating func drainRetained(_ slot: UInt32, _ budget: inout Int, at now: Instant, into actions: inout Actions) {
        let session = sessions.pointer(to: slot)
        var steps = budget * 8
        while budget > 0, session.pointee.firstRetainedCursor != RetainedCursor.none {
            let first = session.pointee.firstRetainedCursor
            let cursor = retainedCursors.pointer(to: first)
            if cursor.pointee.maximumQoS > 0, !session.pointee.mayStartExchange { return }
            switch retained.next(&cursor.pointee, steps: &steps) {
            case .paused: budget = 0
            case .exhausted: removeRetainedCursor(first, after: RetainedCursor.none, of: slot)
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
        let granted = QoS(rawValue: cursor.maximumQoS) ?? .atMostOnce
        let delivery = Delivery(message: message, qos: min(content.qos, granted), retain: true, subscriptionIdentifiers: identifiers)
        if fits(delivery, session) {
            if delivery.qos == .atMostOnce {
                send(delivery, packetID: 0, dup: false, to: session, into: &actions)
            } else {
                startExchange(delivery, to: session, into: &actions)
            }
        }
        identifierSets.release(identifiers)
    }

    private mutating func removeRetainedCursor(_ cursor: UInt32, after previous: UInt32, of slot: UInt32) {
        let session = sessions.pointer(to: slot)
        let removed = retainedCursors[cursor]
        if previous == RetainedCursor.none {
            session.pointee.firstRetainedCursor = removed.next
        } else {
            retainedCursors[previous].next = removed.next
        }
        if session.pointee.lastRetainedCursor == cursor { session.pointee.lastRetainedCursor = previous }
        retained.unpin(removed.node)
        removed.filter.deallocate()
        retainedCursors.remove(cursor)
    }
}
