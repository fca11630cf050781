import BrokerRecords
import MQTTCodec
import Primitives

/// A row of a broker's store, taken apart.
enum BrokerRow: Equatable {
    case placement(PlacementRecord)
    /// Something else under a name.
    case meta(name: [UInt8], value: [UInt8])
    case session(UInt64, SessionRecord)
    case subscription(UInt64, SubscriptionRecord)
    case retained(UInt64, RetainedHead, StoredMessage)
    case message(UInt64, StoredMessage)
    case settled(message: UInt64, session: UInt64)
    case exchange(session: UInt64, packetID: UInt16, ExchangeRecord)
    case received(session: UInt64, packetID: UInt16)
    case will(UInt64, WillHead, StoredMessage)
    case unconfirmed(message: UInt64, shard: Int, StoredMessage)
}

/// Why a row is none.
struct RowProblem: Error, Equatable {
    let words: String

    init(_ words: String) { self.words = words }
}

// MARK: - From the store

extension BrokerRow {
    /// Every table, in the order in which one refers to another.
    static let tables = BrokerTable.names.indices.map { Table($0) }

    init(_ table: Table, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(RowProblem) {
        switch table {
        case BrokerTable.meta: self = try Self.meta(key, value)
        case BrokerTable.sessions:
            guard let session = SessionRecord(value) else { throw RowProblem("its value is no session") }
            let clientID = session.clientID.withUnsafeBytes { UTF8Text(validating: $0, controlCharactersAllowed: true) }
            guard clientID?.isEmpty == false else { throw RowProblem("its Client Identifier is none") }
            self = .session(try Self.number(key), session)
        case BrokerTable.subscriptions:
            guard let subscription = SubscriptionRecord(value) else { throw RowProblem("its value is no subscription") }
            let text = subscription.filter.withUnsafeBytes { UTF8Text(validating: $0, controlCharactersAllowed: true) }
            guard let text, TopicFilter(text) != nil else { throw RowProblem("its filter is no Topic Filter") }
            self = .subscription(try Self.number(key), subscription)
        case BrokerTable.retained:
            guard let (head, message) = RetainedHead.read(value) else { throw RowProblem("its value is no Retained Message") }
            self = .retained(try Self.number(key), head, try StoredMessage(message))
        case BrokerTable.messages: self = .message(try Self.number(key), try Self.message(value))
        case BrokerTable.settled:
            guard let (message, session) = RecordKey.pair(key) else { throw Self.wrongKey(key, 16) }
            guard value.isEmpty else { throw RowProblem("it has a value where none belongs") }
            self = .settled(message: message, session: session)
        case BrokerTable.exchanges:
            guard let (session, packetID) = RecordKey.exchange(key) else { throw Self.wrongKey(key, 10) }
            guard let exchange = ExchangeRecord(value) else { throw RowProblem("its value is no exchange") }
            self = .exchange(session: session, packetID: packetID, exchange)
        case BrokerTable.received:
            guard let (session, packetID) = RecordKey.exchange(key) else { throw Self.wrongKey(key, 10) }
            guard value.isEmpty else { throw RowProblem("it has a value where none belongs") }
            self = .received(session: session, packetID: packetID)
        case BrokerTable.wills:
            guard let (head, message) = WillHead.read(value) else { throw RowProblem("its value is no Will") }
            self = .will(try Self.number(key), head, try StoredMessage(message))
        default:
            guard let (message, shard) = RecordKey.unconfirmed(key) else { throw Self.wrongKey(key, 9) }
            self = .unconfirmed(message: message, shard: shard, try Self.message(value))
        }
    }

    private static func meta(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(RowProblem) -> BrokerRow {
        guard key.elementsEqual(PlacementRecord.key) else { return .meta(name: Array(key), value: Array(value)) }
        guard let placement = PlacementRecord(value) else { throw RowProblem("its value is no placement") }
        return .placement(placement)
    }

    private static func message(_ value: UnsafeRawBufferPointer) throws(RowProblem) -> StoredMessage {
        guard let record = MessageRecord(value) else { throw RowProblem("its value is no message") }
        return try StoredMessage(record)
    }

    private static func number(_ key: UnsafeRawBufferPointer) throws(RowProblem) -> UInt64 {
        guard key.count == 8 else { throw wrongKey(key, 8) }
        return UInt64(bigEndian: key.loadUnaligned(as: UInt64.self))
    }

    private static func wrongKey(_ key: UnsafeRawBufferPointer, _ expected: Int) -> RowProblem {
        RowProblem("its key has \(key.count) bytes, not \(expected)")
    }
}

// MARK: - Into the store

extension BrokerRow {
    var table: Table {
        switch self {
        case .placement, .meta: BrokerTable.meta
        case .session: BrokerTable.sessions
        case .subscription: BrokerTable.subscriptions
        case .retained: BrokerTable.retained
        case .message: BrokerTable.messages
        case .settled: BrokerTable.settled
        case .exchange: BrokerTable.exchanges
        case .received: BrokerTable.received
        case .will: BrokerTable.wills
        case .unconfirmed: BrokerTable.unconfirmed
        }
    }

    var key: [UInt8] {
        switch self {
        case .placement: PlacementRecord.key
        case .meta(let name, _): name
        case .session(let number, _), .subscription(let number, _), .retained(let number, _, _), .message(let number, _),
            .will(let number, _, _):
            RecordKey.bytes(number)
        case .settled(let message, let session): RecordKey.settled(message, session)
        case .exchange(let session, let packetID, _), .received(let session, let packetID): RecordKey.exchange(session, packetID)
        case .unconfirmed(let message, let shard, _): RecordKey.unconfirmed(message, shard: shard)
        }
    }

    var value: [UInt8] {
        var buffer = ByteBuffer()
        switch self {
        case .placement(let record): record.append(to: &buffer)
        case .meta(_, let value): return value
        case .session(_, let record): record.append(to: &buffer)
        case .subscription(_, let record): record.append(to: &buffer)
        case .retained(_, let head, let message):
            head.write(to: buffer.extend(by: RetainedHead.bytes))
            message.append(to: &buffer)
        case .message(_, let message), .unconfirmed(_, _, let message): message.append(to: &buffer)
        case .settled, .received: return []
        case .exchange(_, _, let record): record.append(to: &buffer)
        case .will(_, let head, let message):
            head.write(to: buffer.extend(by: WillHead.bytes))
            message.append(to: &buffer)
        }
        return Array(buffer.bytes)
    }

    func put(into batch: inout WriteBatch) { batch.put(value, at: key, in: table) }

    /// Throws what would be wrong with it in a store.
    func check() throws(RowProblem) {
        try key.withUnsafeBufferPointer { key throws(RowProblem) in
            try value.withUnsafeBufferPointer { value throws(RowProblem) in
                _ = try BrokerRow(table, UnsafeRawBufferPointer(key), UnsafeRawBufferPointer(value))
            }
        }
    }
}
