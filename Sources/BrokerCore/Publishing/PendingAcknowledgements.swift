import MQTTCodec
import MQTTSession
import Primitives

/// A PUBACK or PUBREC that waits until other shards have dealt with the message, or for one before it.
struct PendingAcknowledgement: BitwiseCopyable {
    static let none = UInt32.max

    /// `Connection.none`: it has ended, nobody is to be told.
    var connection = Connection.none
    var session = Session.none
    var sessionGeneration: UInt32 = 0
    var kind = PublishAcknowledgement.Kind.puback
    var packetID: UInt16 = 0
    var reasonCode = ReasonCode.success
    /// Shards that have not answered.
    var missing: UInt8
    /// Receivers, a shard counting as one, and those of them that a bound kept the message from.
    var wanted: UInt32 = 0
    var refused: UInt32 = 0
    /// The next of the same connection.
    var next = none
}

/// What of this shard's publishes other shards have not confirmed, and what of theirs this one has not.
struct Confirmations: ~Copyable {
    struct Awaited: BitwiseCopyable {
        var sequence: UInt64
        var pending: UInt32
    }

    var pending = SlotTable<PendingAcknowledgement>()
    /// By shard, in the order of their numbers.
    var awaited: [RingQueue<Awaited>]
    /// The last number of each shard that is to be confirmed; 0: none.
    var toAnswer: [UInt64]
    private var sequence: UInt64 = 0

    init(shards: Int) {
        awaited = Array(repeating: RingQueue(), count: shards)
        toAnswer = Array(repeating: 0, count: shards)
    }

    deinit {
        for var queue in awaited { queue.deallocate() }
    }

    /// A message goes to `shards` under the number given, and its acknowledgement has to wait for all of them.
    mutating func begin(_ shards: PeerSet) -> (sequence: UInt64, pending: UInt32) {
        sequence += 1
        let slot = pending.insert(PendingAcknowledgement(missing: UInt8(shards.count)))
        for shard in shards { awaited[shard].append(Awaited(sequence: sequence, pending: slot)) }
        return (sequence, slot)
    }
}

extension BrokerCore {
    /// Acknowledges a PUBLISH, behind those that came before it on its connection [MQTT-4.6.0-2] [MQTT-4.6.0-3].
    @inline(__always)
    mutating func acknowledge(
        _ kind: PublishAcknowledgement.Kind, _ packetID: UInt16, _ outcome: PublishOutcome, to connection: UInt32,
        into actions: inout Actions
    ) {
        if outcome.pending == PendingAcknowledgement.none, connections[connection].firstPending == PendingAcknowledgement.none {
            actions.append(.acknowledge(connection: connection, kind: kind, packetID: packetID, reasonCode: outcome.reasonCode))
        } else {
            postpone(kind, packetID, outcome, to: connection)
        }
    }

    @inline(never)
    private mutating func postpone(
        _ kind: PublishAcknowledgement.Kind, _ packetID: UInt16, _ outcome: PublishOutcome, to connection: UInt32
    ) {
        let slot =
            outcome.pending != PendingAcknowledgement.none
            ? outcome.pending : confirmations.pending.insert(PendingAcknowledgement(missing: 0))
        let waiting = confirmations.pending.pointer(to: slot)
        let sender = connections.pointer(to: connection)
        waiting.pointee.connection = connection
        waiting.pointee.session = sender.pointee.session
        waiting.pointee.sessionGeneration = sessions.generation(of: sender.pointee.session)
        waiting.pointee.kind = kind
        waiting.pointee.packetID = packetID
        waiting.pointee.reasonCode = outcome.reasonCode
        if sender.pointee.lastPending == PendingAcknowledgement.none {
            sender.pointee.firstPending = slot
        } else {
            confirmations.pending[sender.pointee.lastPending].next = slot
        }
        sender.pointee.lastPending = slot
    }

    /// Another shard has dealt with this one's messages up to `sequence`; `isRefused`: a bound kept that one out.
    mutating func confirm(_ sequence: UInt64, by shard: Int, isRefused: Bool, into actions: inout Actions) {
        while !confirmations.awaited[shard].isEmpty, confirmations.awaited[shard][0].sequence <= sequence {
            guard let awaited = confirmations.awaited[shard].popFirst() else { return }
            let waiting = confirmations.pending.pointer(to: awaited.pending)
            waiting.pointee.missing -= 1
            if isRefused, awaited.sequence == sequence { waiting.pointee.refused += 1 }
            guard waiting.pointee.missing == 0 else { continue }
            if waiting.pointee.refused > 0, waiting.pointee.refused == waiting.pointee.wanted { refuse(waiting) }
            let connection = waiting.pointee.connection
            if connection == Connection.none {
                confirmations.pending.remove(awaited.pending)
            } else if connections[connection].firstPending == awaited.pending {
                releaseAcknowledgements(connection, into: &actions)
            }
        }
    }

    /// Nobody has room for the message: its identifier is not remembered [MQTT-4.3.3-9].
    private mutating func refuse(_ waiting: UnsafeMutablePointer<PendingAcknowledgement>) {
        let session = waiting.pointee.session
        waiting.pointee.reasonCode = .quotaExceeded
        if waiting.pointee.kind == .pubrec, session != Session.none, sessions.isUsed(session),
            sessions.generation(of: session) == waiting.pointee.sessionGeneration
        {
            _ = sessions[session].inbound.remove(waiting.pointee.packetID)
        }
    }

    private mutating func releaseAcknowledgements(_ connection: UInt32, into actions: inout Actions) {
        let sender = connections.pointer(to: connection)
        while sender.pointee.firstPending != PendingAcknowledgement.none {
            let slot = sender.pointee.firstPending
            let ready = confirmations.pending[slot]
            guard ready.missing == 0 else { return }
            actions.append(
                .acknowledge(connection: connection, kind: ready.kind, packetID: ready.packetID, reasonCode: ready.reasonCode))
            sender.pointee.firstPending = ready.next
            confirmations.pending.remove(slot)
        }
        sender.pointee.lastPending = PendingAcknowledgement.none
    }

    /// The connection has ended: what it waited for is nobody's business any more.
    mutating func forgetAcknowledgements(of connection: UInt32) {
        var slot = connections[connection].firstPending
        connections[connection].firstPending = PendingAcknowledgement.none
        connections[connection].lastPending = PendingAcknowledgement.none
        while slot != PendingAcknowledgement.none {
            let waiting = confirmations.pending.pointer(to: slot)
            let next = waiting.pointee.next
            waiting.pointee.connection = Connection.none
            if waiting.pointee.missing == 0 { confirmations.pending.remove(slot) }
            slot = next
        }
    }
}
