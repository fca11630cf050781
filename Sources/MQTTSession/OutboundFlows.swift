import MQTTCodec

/// The sender's half of the QoS 1 and QoS 2 exchanges of a Session [MQTT5 §4.3]:
/// PUBLISH → PUBACK, or PUBLISH → PUBREC → PUBREL → PUBCOMP.
///
/// A table indexed by Packet Identifier: identifiers count up from 1, so the exchanges under way lie side by side in a
/// ring that grows only when an old one is still open. A plain pointer; the owner calls `deallocate`.
public struct OutboundFlows: BitwiseCopyable {
    /// Where an exchange stands.
    public enum State: UInt8, BitwiseCopyable, Sendable {
        case free
        case awaitingPuback
        case awaitingPubrec
        /// PUBREC has come; the message is no longer needed, its PUBREL is unacknowledged [MQTT-4.3.3-5].
        case awaitingPubcomp
        /// The identifier of a SUBSCRIBE or UNSUBSCRIBE that awaits its answer.
        case reserved
    }

    /// One exchange.
    public struct Exchange: BitwiseCopyable {
        public var delivery: Delivery
        /// Counts the exchanges of this session: identifiers wrap while an old exchange is still open.
        @usableFromInline var serial: UInt32
        public var packetID: UInt16
        public var state: State
        /// Set by a resend timer's round, so that the next round knows it as old.
        public var isOld: Bool
        /// Its PUBLISH was sent on the present connection, so it takes a place in the client's Receive Maximum.
        public var takesQuota = true

        @inlinable init(delivery: Delivery, serial: UInt32, packetID: UInt16, state: State, isOld: Bool) {
            self.delivery = delivery
            self.serial = serial
            self.packetID = packetID
            self.state = state
            self.isOld = isOld
        }
    }

    /// What an acknowledgement means for its exchange.
    public enum Outcome: BitwiseCopyable {
        /// The exchange is over and its identifier free again; the quota is given back.
        case completed(Exchange)
        /// PUBREC: drop the message, answer PUBREL.
        case release(Exchange)
        /// PUBREC once more: answer PUBREL once more.
        case releaseAgain
        /// No exchange has this identifier.
        case unknown
        /// The exchange awaits something else.
        case wrongKind
    }

    @usableFromInline var exchanges: UnsafeMutablePointer<Exchange>?
    @usableFromInline var capacity: UInt32 = 0
    @usableFromInline var open: UInt32 = 0
    @usableFromInline var lastID: UInt16 = 0
    @usableFromInline var started: UInt32 = 0

    @inlinable public init() {}

    /// Exchanges under way.
    @inlinable public var count: Int { Int(open) }

    /// Opens an exchange under the next free identifier [MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.3-1].
    /// At most 65,534 may be open; the owner bounds them.
    @inlinable public mutating func start(_ delivery: Delivery) -> UInt16 {
        precondition(open < 65_534, "no Packet Identifier is free")
        return open(delivery, delivery.qos == .exactlyOnce ? .awaitingPubrec : .awaitingPuback)
    }

    @inlinable @inline(__always) mutating func open(_ delivery: Delivery, _ state: State) -> UInt16 {
        while true {
            lastID = lastID == 65_535 ? 1 : lastID &+ 1
            if capacity == 0 { grow() }
            let place = UInt32(lastID) & (capacity &- 1)
            let occupant = exchanges.unsafelyUnwrapped[Int(place)]
            if occupant.state != .free {
                if occupant.packetID == lastID { continue }
                growUntilFree(lastID)
            }
            exchanges.unsafelyUnwrapped[Int(UInt32(lastID) & (capacity &- 1))] = Exchange(
                delivery: delivery, serial: started, packetID: lastID, state: state, isOld: false)
            started &+= 1
            open &+= 1
            return lastID
        }
    }

    /// Takes the next free identifier for a SUBSCRIBE or UNSUBSCRIBE [MQTT-2.2.1-3] [MQTT-2.3.1-2 of 3.1.1]; `abandon` frees it.
    public mutating func reserve() -> UInt16 {
        precondition(open < 65_534, "no Packet Identifier is free")
        return open(Delivery(message: 0, qos: .atMostOnce, retain: false), .reserved)
    }

    /// Takes up an exchange of an earlier run, later than all there are, under its own identifier, which is free.
    public mutating func restore(_ delivery: Delivery, packetID: UInt16, isReleased: Bool) {
        lastID = packetID &- 1
        let opened = open(delivery, isReleased ? .awaitingPubcomp : delivery.qos == .exactlyOnce ? .awaitingPubrec : .awaitingPuback)
        precondition(opened == packetID, "the Packet Identifier is not free")
        _ = markOld(packetID)
    }

    /// The exchange under `packetID`, if one is open.
    @inlinable public func exchange(_ packetID: UInt16) -> Exchange? {
        guard let place = place(of: packetID) else { return nil }
        return exchanges.unsafelyUnwrapped[place]
    }

    /// PUBACK came [MQTT-4.3.2-3].
    @inlinable public mutating func puback(_ packetID: UInt16) -> Outcome {
        guard let place = place(of: packetID) else { return .unknown }
        guard exchanges.unsafelyUnwrapped[place].state == .awaitingPuback else { return .wrongKind }
        return .completed(close(place))
    }

    /// PUBREC came; with a failure the exchange ends here [MQTT-4.4.0-2], otherwise PUBREL follows [MQTT-4.3.3-4].
    @inlinable public mutating func pubrec(_ packetID: UInt16, isFailure: Bool) -> Outcome {
        guard let place = place(of: packetID) else { return .unknown }
        switch exchanges.unsafelyUnwrapped[place].state {
        case .awaitingPubrec:
            if isFailure { return .completed(close(place)) }
            let exchange = exchanges.unsafelyUnwrapped[place]
            exchanges.unsafelyUnwrapped[place].state = .awaitingPubcomp
            exchanges.unsafelyUnwrapped[place].isOld = false
            return .release(exchange)
        case .awaitingPubcomp: return .releaseAgain
        case .awaitingPuback, .free, .reserved: return .wrongKind
        }
    }

    /// PUBCOMP came.
    @inlinable public mutating func pubcomp(_ packetID: UInt16) -> Outcome {
        guard let place = place(of: packetID) else { return .unknown }
        guard exchanges.unsafelyUnwrapped[place].state == .awaitingPubcomp else { return .wrongKind }
        return .completed(close(place))
    }

    /// Ends an exchange without an acknowledgement: its message is gone or goes to somebody else.
    public mutating func abandon(_ packetID: UInt16) {
        if let place = place(of: packetID) { _ = close(place) }
    }

    /// The identifiers of all open exchanges in the order in which they were started [MQTT-4.6.0-1].
    public func inOrder() -> [UInt16] {
        var exchanges: [(age: UInt32, packetID: UInt16)] = []
        exchanges.reserveCapacity(count)
        forEach { exchanges.append((started &- $0.serial, $0.packetID)) }
        exchanges.sort { $0.age > $1.age }
        return exchanges.map(\.packetID)
    }

    /// Every open exchange, in no order.
    public func forEach(_ body: (Exchange) -> Void) {
        guard let exchanges else { return }
        for i in 0..<Int(capacity) where exchanges[i].state != .free { body(exchanges[i]) }
    }

    /// The session has left a Shared Subscription: what it was sent for it stays its own.
    public mutating func leave(group: UInt32) {
        guard let exchanges, open > 0 else { return }
        for i in 0..<Int(capacity) where exchanges[i].delivery.group == group { exchanges[i].delivery.group = Delivery.noGroup }
    }

    /// A new connection begins: nothing has been sent on it yet.
    public mutating func beginConnection() {
        guard let exchanges else { return }
        for i in 0..<Int(capacity) { exchanges[i].takesQuota = false }
    }

    /// The PUBLISH of an exchange is sent again on a new connection.
    public mutating func resend(_ packetID: UInt16) {
        if let place = place(of: packetID) { exchanges.unsafelyUnwrapped[place].takesQuota = true }
    }

    /// Marks an exchange as seen by a round of the resend timer; whether it had been marked before.
    public mutating func markOld(_ packetID: UInt16) -> Bool {
        guard let place = place(of: packetID) else { return false }
        let wasOld = exchanges.unsafelyUnwrapped[place].isOld
        exchanges.unsafelyUnwrapped[place].isOld = true
        return wasOld
    }

    public mutating func deallocate() {
        exchanges?.deallocate()
        exchanges = nil
        capacity = 0
        open = 0
    }

    @inlinable @inline(__always) func place(of packetID: UInt16) -> Int? {
        guard capacity > 0 else { return nil }
        let place = Int(UInt32(packetID) & (capacity &- 1))
        let exchange = exchanges.unsafelyUnwrapped[place]
        return exchange.state != .free && exchange.packetID == packetID ? place : nil
    }

    @inlinable @inline(__always) mutating func close(_ place: Int) -> Exchange {
        let exchange = exchanges.unsafelyUnwrapped[place]
        exchanges.unsafelyUnwrapped[place].state = .free
        open &-= 1
        return exchange
    }

    @usableFromInline mutating func growUntilFree(_ packetID: UInt16) {
        repeat { grow() } while exchanges.unsafelyUnwrapped[Int(UInt32(packetID) & (capacity - 1))].state != .free
    }

    @usableFromInline mutating func grow() {
        let wider = max(8, capacity * 2)
        let fresh = UnsafeMutablePointer<Exchange>.allocate(capacity: Int(wider))
        fresh.initialize(
            repeating: Exchange(
                delivery: Delivery(message: 0, qos: .atMostOnce, retain: false), serial: 0, packetID: 0, state: .free, isOld: false),
            count: Int(wider))
        if let exchanges {
            for i in 0..<Int(capacity) where exchanges[i].state != .free {
                fresh[Int(UInt32(exchanges[i].packetID) & (wider - 1))] = exchanges[i]
            }
            exchanges.deallocate()
        }
        exchanges = fresh
        capacity = wider
    }
}
