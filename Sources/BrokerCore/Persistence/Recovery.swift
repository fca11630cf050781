import BrokerRecords
import MQTTCodec
import MQTTSession
import Primitives

/// What a shard has to know while it is told what lies on disk; gone when it has taken up its part.
struct Recovery {
    /// How sessions were placed when the store was last in use.
    let placement: PlacementRecord
    /// When the broker was last alive, in nanoseconds since 1970: that is when sessions that had a connection lost it.
    let aliveAt: Int64

    /// Every session of the broker, by its number: whose it is now, and its slot, if it is this shard's.
    var sessions: [UInt64: (shard: Int, slot: UInt32)] = [:]
    /// Claims that are settled, by message, in the order of the messages.
    var settled: [(message: UInt64, session: UInt64)] = []
    var nextSettled = 0
    /// Identifiers told apart from the messages, of this shard's sessions.
    var exchanges: [ClaimKey: (packetID: UInt16, record: ExchangeRecord)] = [:]
    /// The session, of any shard, that has begun to be sent a message: at QoS 2 one of a Shared Subscription is its own.
    var begun: [UInt64: UInt64] = [:]
    /// Exchanges of this shard's sessions, to be taken up in the order in which they were begun.
    var open: [OpenExchange] = []
    var wills: [(record: UInt64, head: WillHead, message: UInt32)] = []
    var unconfirmed: [(shard: Int, message: UInt32)] = []
    /// Shared Subscriptions of this shard's with members on any, by share name and filter: who has not joined again may be one.
    var groups: [[UInt8]: (name: [UInt8], filter: [UInt8])] = [:]
    /// Of the message at hand, which after more than one change of the number of shards may lie in several rows.
    var atHand: (count: UInt64, claims: [Claim]) = (0, [])
    var highestNumber: UInt64 = 0
    /// Rows that say nothing.
    var unreadable = 0

    /// The first settled claim that no message has been compared with.
    var upcomingSettled: (message: UInt64, session: UInt64)? { nextSettled < settled.count ? settled[nextSettled] : nil }

    mutating func saw(_ number: UInt64) { highestNumber = max(highestNumber, number) }

    struct ClaimKey: Hashable {
        var message: UInt64
        var session: UInt64
    }

    struct OpenExchange {
        var session: UInt32
        var message: UInt64
        var packetID: UInt16
        var delivery: Delivery
        var isReleased: Bool
    }
}

/// The start of a shard on a store that was in use: every shard is told every row, table by table in the order of
/// `recoveredTables`, and takes up what is its own.
///
/// What it changes on the way belongs into one transaction with what the other shards change.
extension BrokerCore {
    /// The order in which rows are told.
    public static var recoveredTables: [Table] {
        [
            BrokerTable.sessions, BrokerTable.subscriptions, BrokerTable.retained, BrokerTable.settled, BrokerTable.exchanges,
            BrokerTable.received, BrokerTable.messages, BrokerTable.wills, BrokerTable.unconfirmed,
        ]
    }

    /// Begins.
    ///
    /// - Parameters:
    ///   - placement: that of the last run; nil: the store is new
    ///   - aliveAt: when that run was last seen alive, in nanoseconds since 1970
    public mutating func beginRecovery(_ placement: PlacementRecord?, aliveAt: Int64, at now: Instant) {
        present = now
        recovery = Recovery(
            placement: placement ?? PlacementRecord(hashSeed: place.hashSeed, shards: UInt16(place.count)), aliveAt: aliveAt)
    }

    /// One row. `body`: the value once more, where it is to be shared with the other shards; it keeps its user.
    public mutating func recover(
        _ table: Table, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, sharing body: SharedBytes? = nil
    ) {
        let isRead: Bool
        switch table {
        case BrokerTable.settled: isRead = recoverSettled(key)
        case BrokerTable.exchanges: isRead = recoverExchange(key, value)
        case BrokerTable.received: isRead = recoverReceived(key)
        case BrokerTable.unconfirmed: isRead = recoverUnconfirmed(key, value)
        default:
            guard key.count == 8 else { return noteUnreadable() }
            let number = UInt64(bigEndian: key.loadUnaligned(as: UInt64.self))
            guard number > 0, number < Self.numbersEnd else { return noteUnreadable() }
            recovery?.saw(number)
            switch table {
            case BrokerTable.sessions: isRead = recoverSession(number, value)
            case BrokerTable.subscriptions: isRead = recoverSubscription(number, value)
            case BrokerTable.retained: isRead = recoverRetained(number, value, body)
            case BrokerTable.messages: isRead = recoverMessage(number, value)
            case BrokerTable.wills: isRead = recoverWill(number, value)
            default: isRead = true
            }
        }
        if !isRead { noteUnreadable() }
    }

    /// Takes up exchanges, Wills and what other shards had not dealt with. What it changes has to be durable, in one
    /// transaction with the changes of the other shards in the order of their numbers, before any of them goes on; and how
    /// many rows could not be read.
    public mutating func endRecovery(at now: Instant) -> (changes: WriteBatch, unreadable: Int) {
        guard let recovered = recovery.take() else { return (WriteBatch(), 0) }
        // Nobody is connected, so there is nothing to do for anybody.
        var actions = Actions()
        present = now
        place.common.records.raise(to: Int(recovered.highestNumber >> 6))
        for exchange in recovered.open.sorted(by: { $0.message < $1.message }) {
            let flows = sessions.pointer(to: exchange.session).pointer(to: \.flows).unsafelyUnwrapped
            guard flows.pointee.exchange(exchange.packetID) == nil else {
                // Two for one identifier cannot be: the later one is what the client last saw.
                let session = sessions.pointer(to: exchange.session)
                if let earlier = flows.pointee.exchange(exchange.packetID), earlier.state != .awaitingPubcomp {
                    settle(earlier.delivery, of: session)
                    release(earlier.delivery)
                }
                flows.pointee.abandon(exchange.packetID)
                flows.pointee.restore(exchange.delivery, packetID: exchange.packetID, isReleased: exchange.isReleased)
                continue
            }
            flows.pointee.restore(exchange.delivery, packetID: exchange.packetID, isReleased: exchange.isReleased)
        }
        for (record, head, message) in recovered.wills { restoreWill(record, head, message, recovered) }
        for (shard, message) in recovered.unconfirmed {
            routeUnconfirmed(message, missedBy: shard, recovered, at: now, into: &actions)
            messages.release(message)
        }
        if place.index == 0 {
            journal.put(at: PlacementRecord.key, in: BrokerTable.meta) {
                PlacementRecord(hashSeed: place.hashSeed, shards: UInt16(place.count)).append(to: &$0)
            }
        }
        let changes = journal.takeBatch() ?? WriteBatch()
        journal.wasCommitted(journal.given)
        return (changes, place.index == 0 ? recovered.unreadable : 0)
    }

    /// No number of a record is as high; what says so is damaged.
    static var numbersEnd: UInt64 { 1 << 62 }

    private mutating func noteUnreadable() { recovery?.unreadable += 1 }
}
