import MQTTCodec
import MQTTSession
import Primitives

/// A PUBACK or PUBREC that waits until other shards have dealt with the message, or for one before it; or a SUBACK that
/// waits until they know of the subscription.
struct PendingAcknowledgement: BitwiseCopyable {
    static let none = UInt32.max

    /// Where it waits in line; `Session.none`: nobody is to be told any more.
    var session = Session.none
    /// `Connection.none`: it has ended. A PUBREC then waits for the client to come back with its PUBLISH.
    var connection = Connection.none
    /// nil: a SUBACK.
    var kind: PublishAcknowledgement.Kind? = .puback
    var packetID: UInt16 = 0
    var reasonCode = ReasonCode.success
    /// Shards that have not answered.
    var missing: UInt8
    /// Shards that wanted the message when it came.
    var wantedBy = PeerSet()
    /// Somebody got it, and a bound kept it from somebody.
    var isServed = false
    var isRefused = false
    /// What it promises is true when this batch is on disk; 0: it is true.
    var batch: UInt64 = 0
    /// The next of the same session.
    var next = none
}

/// What of this shard's publishes other shards have not confirmed, and what of theirs this one has not.
struct Confirmations: ~Copyable {
    struct Awaited: BitwiseCopyable {
        var sequence: UInt64
        var pending: UInt32
    }

    struct Held: BitwiseCopyable {
        var batch: UInt64
        var sequence: UInt64
        var isRefused: Bool
    }

    var pending = SlotTable<PendingAcknowledgement>()
    fileprivate var subacks: [UInt32: SubackPacket] = [:]
    /// Who of the others wait until everybody knows what this shard has told, and for what.
    var asked: [(shard: Int, pending: UInt32)] = []
    /// By shard, in the order of their numbers.
    var awaited: [RingQueue<Awaited>]
    /// The last number of each shard that is to be confirmed; 0: none.
    var toAnswer: [UInt64]
    /// What may be answered when a batch is on disk, by shard and in order.
    var held: [RingQueue<Held>]
    private var sequence: UInt64 = 0

    init(shards: Int) {
        awaited = Array(repeating: RingQueue(), count: shards)
        toAnswer = Array(repeating: 0, count: shards)
        held = Array(repeating: RingQueue(), count: shards)
    }

    deinit {
        for var queue in awaited { queue.deallocate() }
        for var queue in held { queue.deallocate() }
    }

    /// A message goes to `shards` under the number given, and its acknowledgement has to wait for all of them.
    mutating func begin(_ shards: PeerSet, wantedBy interested: PeerSet, _ result: RouteResult) -> (sequence: UInt64, pending: UInt32) {
        sequence += 1
        var waiting = PendingAcknowledgement(missing: UInt8(shards.count))
        waiting.wantedBy = interested
        waiting.isServed = result.wanted > result.refused
        waiting.isRefused = result.refused > 0
        let slot = pending.insert(waiting)
        for shard in shards { awaited[shard].append(Awaited(sequence: sequence, pending: slot)) }
        return (sequence, slot)
    }
}

extension Confirmations {
    fileprivate mutating func remove(_ slot: UInt32) {
        if pending[slot].kind == nil { subacks[slot] = nil }
        pending.remove(slot)
    }
}

extension BrokerCore {
    /// Acknowledges a PUBLISH, behind those that came before it on its connection [MQTT-4.6.0-2] [MQTT-4.6.0-3].
    @inline(__always)
    mutating func acknowledge(
        _ kind: PublishAcknowledgement.Kind, _ packetID: UInt16, _ outcome: PublishOutcome, to connection: UInt32,
        into actions: inout Actions
    ) {
        let session = connections[connection].session
        if outcome.pending == PendingAcknowledgement.none, sessions.pointer(to: session).pointee.firstPending == PendingAcknowledgement.none
        {
            actions.append(
                .acknowledge(
                    connection: connection, kind: kind, packetID: packetID, reasonCode: outcome.reasonCode, isPromise: outcome.isPromise))
        } else {
            postpone(kind, packetID, outcome, of: session, to: connection)
        }
    }

    @inline(never)
    private mutating func postpone(
        _ kind: PublishAcknowledgement.Kind, _ packetID: UInt16, _ outcome: PublishOutcome, of session: UInt32, to connection: UInt32
    ) {
        let slot =
            outcome.pending != PendingAcknowledgement.none
            ? outcome.pending : confirmations.pending.insert(PendingAcknowledgement(missing: 0))
        let waiting = confirmations.pending.pointer(to: slot)
        waiting.pointee.session = session
        waiting.pointee.connection = connection
        waiting.pointee.kind = kind
        waiting.pointee.packetID = packetID
        waiting.pointee.reasonCode = outcome.reasonCode
        waiting.pointee.batch = outcome.isPromise ? journal.awaited : 0
        line(slot, of: sessions.pointer(to: session))
    }

    /// A SUBACK waits until the owners of its Shared Subscriptions have told everybody what they want from now on, so that
    /// who holds it misses nothing that is published after it.
    mutating func postpone(_ suback: SubackPacket, until owners: PeerSet, to connection: UInt32) {
        let slot = confirmations.pending.insert(PendingAcknowledgement(missing: UInt8(owners.count)))
        confirmations.subacks[slot] = suback
        let waiting = confirmations.pending.pointer(to: slot)
        waiting.pointee.session = connections[connection].session
        waiting.pointee.connection = connection
        waiting.pointee.kind = nil
        line(slot, of: sessions.pointer(to: waiting.pointee.session))
        for owner in owners { outbox.tell(owner, .ask(slot)) }
    }

    /// Puts an acknowledgement at the end of its session's line.
    private mutating func line(_ slot: UInt32, of session: UnsafeMutablePointer<Session>) {
        confirmations.pending[slot].next = PendingAcknowledgement.none
        if session.pointee.lastPending == PendingAcknowledgement.none {
            session.pointee.firstPending = slot
        } else {
            confirmations.pending[session.pointee.lastPending].next = slot
        }
        session.pointee.lastPending = slot
        if confirmations.pending[slot].kind == .puback { session.pointee.pendingPubacks += 1 }
    }

    /// Whether the PUBREC for a message that came again still waits: it will answer this time too. On a new connection it
    /// takes its place in line anew.
    mutating func awaitsPubrec(_ packetID: UInt16, of slot: UInt32, on connection: UInt32) -> Bool {
        let session = sessions.pointer(to: slot)
        var previous = PendingAcknowledgement.none
        var current = session.pointee.firstPending
        while current != PendingAcknowledgement.none {
            let waiting = confirmations.pending.pointer(to: current)
            if waiting.pointee.kind == .pubrec, waiting.pointee.packetID == packetID {
                if waiting.pointee.connection == connection { return true }
                waiting.pointee.connection = connection
                if previous == PendingAcknowledgement.none {
                    session.pointee.firstPending = waiting.pointee.next
                } else {
                    confirmations.pending[previous].next = waiting.pointee.next
                }
                if session.pointee.lastPending == current { session.pointee.lastPending = previous }
                line(current, of: session)
                return true
            }
            previous = current
            current = waiting.pointee.next
        }
        return false
    }

    /// Another shard has dealt with this one's messages up to `sequence`; `isRefused`: a bound kept that one out.
    mutating func confirm(_ sequence: UInt64, by shard: Int, isRefused: Bool, into actions: inout Actions) {
        while !confirmations.awaited[shard].isEmpty, confirmations.awaited[shard][0].sequence <= sequence {
            guard let awaited = confirmations.awaited[shard].popFirst() else { return }
            let waiting = confirmations.pending.pointer(to: awaited.pending)
            waiting.pointee.missing -= 1
            if isRefused, awaited.sequence == sequence {
                waiting.pointee.isRefused = true
            } else if waiting.pointee.wantedBy.contains(shard) {
                waiting.pointee.isServed = true
            }
            if waiting.pointee.missing == 0 { finish(awaited.pending, into: &actions) }
        }
    }

    /// What this shard had told another before it asked, everybody knows.
    mutating func answered(_ pending: UInt32, into actions: inout Actions) {
        confirmations.pending[pending].missing -= 1
        if confirmations.pending[pending].missing == 0 { finish(pending, into: &actions) }
    }

    private mutating func finish(_ slot: UInt32, into actions: inout Actions) {
        let waiting = confirmations.pending.pointer(to: slot)
        let session = waiting.pointee.session
        if session == Session.none {
            confirmations.remove(slot)
            return
        }
        if waiting.pointee.isRefused, !waiting.pointee.isServed { refuse(waiting) }
        releaseAcknowledgements(of: session, into: &actions)
    }

    /// Nobody has room for the message: its identifier is not remembered [MQTT-4.3.3-9].
    private mutating func refuse(_ waiting: UnsafeMutablePointer<PendingAcknowledgement>) {
        waiting.pointee.reasonCode = .quotaExceeded
        guard waiting.pointee.kind == .pubrec else { return }
        let session = sessions.pointer(to: waiting.pointee.session)
        if session.pointee.inbound.remove(waiting.pointee.packetID) { forgetReceived(waiting.pointee.packetID, of: session) }
        waiting.pointee.batch = journal.awaited
    }

    private mutating func releaseAcknowledgements(of slot: UInt32, into actions: inout Actions) {
        let session = sessions.pointer(to: slot)
        while session.pointee.firstPending != PendingAcknowledgement.none {
            let first = session.pointee.firstPending
            let ready = confirmations.pending[first]
            guard ready.missing == 0 else { return }
            if ready.connection != Connection.none {
                if let kind = ready.kind {
                    actions.append(
                        .acknowledge(
                            connection: ready.connection, kind: kind, packetID: ready.packetID, reasonCode: ready.reasonCode,
                            isPromise: ready.batch > journal.committed))
                } else if let suback = confirmations.subacks[first] {
                    actions.send(.suback(suback), to: ready.connection, isPromise: session.pointee.number != 0)
                }
            }
            if ready.kind == .puback { session.pointee.pendingPubacks -= 1 }
            session.pointee.firstPending = ready.next
            confirmations.remove(first)
        }
        session.pointee.lastPending = PendingAcknowledgement.none
    }

    /// The session has no connection any more: its PUBACKs are nobody's business, and its PUBRECs too when it ends.
    mutating func forgetAcknowledgements(of slot: UInt32, sessionEnds: Bool = false) {
        let session = sessions.pointer(to: slot)
        var next = session.pointee.firstPending
        session.pointee.firstPending = PendingAcknowledgement.none
        session.pointee.lastPending = PendingAcknowledgement.none
        session.pointee.pendingPubacks = 0
        while next != PendingAcknowledgement.none {
            let current = next
            let waiting = confirmations.pending.pointer(to: current)
            next = waiting.pointee.next
            waiting.pointee.connection = Connection.none
            if waiting.pointee.missing == 0 {
                confirmations.remove(current)
            } else if waiting.pointee.kind == .pubrec, !sessionEnds {
                line(current, of: session)
            } else {
                waiting.pointee.session = Session.none
            }
        }
    }
}
