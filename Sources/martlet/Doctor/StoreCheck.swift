import BrokerRecords
import Primitives
import Storage

/// Reads every row of a store: what is wrong with it, and what is in it.
///
/// Tables are read in an order in which what a row refers to is known before it, and what is to be removed counts as not there: so one
/// repair is enough.
struct StoreCheck {
    private(set) var findings: [Finding] = []
    private(set) var figures = StoreFigures()
    private(set) var rows = 0

    /// Exchanges with their keys, as they came.
    private var exchanges: [(key: [UInt8], session: UInt64, record: ExchangeRecord)] = []
    /// Which sessions were sent a message under an identifier that an exchange tells.
    private var sent: [UInt64: Set<UInt64>] = [:]
    /// Messages that are in their table and not worth being there.
    private var doomed: Set<UInt64> = []
    /// The newest Retained Message of each topic so far.
    private var topics: [[UInt8]: (version: Int64, key: [UInt8], bytes: Int)] = [:]
    /// The session of each client, and the Will of each session, so far. Rows come in the order of their numbers, so the last one is the latest.
    private var clients: [[UInt8]: UInt64] = [:]
    private var wills: [UInt64: UInt64] = [:]
    private var lastMessage: (number: UInt64, isThere: Bool)?

    /// - Parameter progress: hears of each row
    static func run(
        _ store: borrowing some KeyValueStore & ~Copyable, _ progress: inout RowProgress
    ) throws(Failure) -> StoreCheck {
        var check = StoreCheck()
        // Exchanges before messages, for they tell which of those are in flight; both are needed to judge either.
        for table in [
            BrokerTable.meta, BrokerTable.sessions, BrokerTable.exchanges, BrokerTable.messages, BrokerTable.settled,
            BrokerTable.subscriptions, BrokerTable.received, BrokerTable.wills, BrokerTable.unconfirmed, BrokerTable.retained,
        ] {
            try store.forEachRow(of: table, &progress) { key, value throws(StorageError) in
                try check.take(table, key, value, store)
            }
        }
        try check.judgeExchanges(store)
        check.judgePlacement()
        return check
    }

    private mutating func take(
        _ table: Table, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer,
        _ store: borrowing some KeyValueStore & ~Copyable
    ) throws(StorageError) {
        rows += 1
        let row: BrokerRow
        do throws(RowProblem) {
            row = try BrokerRow(table, key, value)
        } catch {
            if table == BrokerTable.messages, key.count == 8 { doomed.insert(UInt64(bigEndian: key.loadUnaligned(as: UInt64.self))) }
            return add(table, Array(key), error.words)
        }
        switch row {
        case .placement(let placement): figures.shards = Int(placement.shards)
        case .meta: break
        case .session(let number, let record): take(number, record)
        case .subscription(_, let record):
            guard require(record.session, of: row) else { return }
            figures.subscriptions += 1
        case .retained(_, let head, let message): take(row.key, head, message)
        case .message(let number, let message): try take(number, message, store)
        case .settled(let message, _):
            if try !hasMessage(message, store) { add(table, row.key, "message \(message) is not there") }
        case .exchange(let session, _, let record):
            exchanges.append((row.key, session, record))
            if !record.isReleased { sent[record.message, default: []].insert(session) }
        case .received(let session, _):
            if require(session, of: row) { figures.received += 1 }
        case .will(let number, let head, _):
            guard head.session == 0 || require(head.session, of: row) else { return }
            take(number, of: head.session)
        case .unconfirmed: figures.unconfirmed += 1
        }
    }

    private mutating func add(_ table: Table, _ key: [UInt8], _ problem: String, _ remedy: Finding.Remedy = .remove) {
        findings.append(Finding(table, key, problem, remedy))
    }

    /// Whether the session is there; it is a finding if not.
    private mutating func require(_ session: UInt64, of row: BrokerRow) -> Bool {
        if figures.sessions[session] != nil { return true }
        add(row.table, row.key, "session \(session) is not there")
        return false
    }

    private mutating func hasMessage(_ number: UInt64, _ store: borrowing some KeyValueStore & ~Copyable) throws(StorageError) -> Bool {
        if let lastMessage, lastMessage.number == number { return lastMessage.isThere }
        let isThere = doomed.contains(number) ? false : try store.get(number, in: BrokerTable.messages) { _ in true } ?? false
        lastMessage = (number, isThere)
        return isThere
    }

    // MARK: - Sessions and Wills

    /// A client has one Session: what belongs to an earlier one is as if that were not there.
    private mutating func take(_ number: UInt64, _ record: SessionRecord) {
        if let earlier = clients.updateValue(number, forKey: record.clientID) {
            let name = PlainText.escaped(String(decoding: record.clientID, as: UTF8.self))
            add(BrokerTable.sessions, RecordKey.bytes(earlier), "row \(number) is a later one of the client \(name)")
            figures.sessions[earlier] = nil
        }
        figures.sessions[number] = StoreFigures.Session(record: record)
    }

    /// A Session has one Will; those of sessions that ended with their connection name none.
    private mutating func take(_ will: UInt64, of session: UInt64) {
        if session != 0, let earlier = wills.updateValue(will, forKey: session) {
            add(BrokerTable.wills, RecordKey.bytes(earlier), "row \(will) is a later one of session \(session)")
        } else {
            figures.wills += 1
        }
    }

    // MARK: - Messages

    private mutating func take(
        _ number: UInt64, _ message: StoredMessage, _ store: borrowing some KeyValueStore & ~Copyable
    ) throws(StorageError) {
        if let share = message.share {
            figures.shares[share, default: .init()].add(message, isInFlight: sent[number] != nil)
            return figures.messages.add(message.contentBytes)
        }
        let settled = message.claims.isEmpty ? [] : try settledSessions(of: number, store)
        let open = message.claims.filter { !settled.contains($0.session) }
        let missing = open.map(\.session).filter { figures.sessions[$0] == nil }
        guard missing.count < open.count else {
            doomed.insert(number)
            let names = missing.map { "\($0)" }.joined(separator: ", ")
            let problem = missing.isEmpty ? "nobody has a claim on it" : "its claims are of sessions that are not there: \(names)"
            return add(BrokerTable.messages, RecordKey.bytes(number), problem)
        }
        for session in missing {
            add(BrokerTable.messages, RecordKey.bytes(number), "session \(session) of a claim is not there", .settle(session: session))
        }
        for claim in open {
            let isInFlight = claim.packetID != 0 || sent[number]?.contains(claim.session) == true
            figures.sessions[claim.session]?.queue.add(message, isInFlight: isInFlight)
        }
        figures.messages.add(message.contentBytes)
    }

    private func settledSessions(
        of message: UInt64, _ store: borrowing some KeyValueStore & ~Copyable
    ) throws(StorageError) -> Set<UInt64> {
        var sessions: Set<UInt64> = []
        try store.scanRows(BrokerTable.settled, from: RecordKey.bytes(message)) { key, _ throws(StorageError) in
            guard let pair = RecordKey.pair(key), pair.0 == message else { return false }
            sessions.insert(pair.1)
            return true
        }
        return sessions
    }

    private mutating func judgeExchanges(_ store: borrowing some KeyValueStore & ~Copyable) throws(Failure) {
        do throws(StorageError) {
            for (key, session, record) in exchanges {
                if figures.sessions[session] == nil {
                    add(BrokerTable.exchanges, key, "session \(session) is not there")
                } else if record.isReleased {
                    figures.released += 1
                } else if try !hasMessage(record.message, store) {
                    add(BrokerTable.exchanges, key, "message \(record.message) is not there")
                }
            }
        } catch {
            throw Failure(error)
        }
    }

    // MARK: - Retained Messages and placement

    private mutating func take(_ key: [UInt8], _ head: RetainedHead, _ message: StoredMessage) {
        if let other = topics[message.topic] {
            let isNewer = head.version >= other.version
            let name = PlainText.escaped(String(decoding: message.topic, as: UTF8.self))
            let newer = Finding(BrokerTable.retained, isNewer ? key : other.key, "").keyText
            add(BrokerTable.retained, isNewer ? other.key : key, "row \(newer) has a newer one for \(name)")
            guard isNewer else { return }
            figures.retained.remove(other.bytes)
        }
        topics[message.topic] = (head.version, key, message.contentBytes)
        figures.retained.add(message.contentBytes)
    }

    /// Without it no shard knows its clients.
    private mutating func judgePlacement() {
        guard rows > 0, figures.shards == nil else { return }
        let placement = BrokerRow.placement(PlacementRecord(hashSeed: .random(in: .min ... .max), shards: 1))
        let isThere = findings.contains { $0.key == placement.key && $0.table == placement.table }
        findings.removeAll { $0.key == placement.key && $0.table == placement.table }
        add(
            placement.table, placement.key, isThere ? "its value is no placement" : "how clients were placed is missing",
            .put(placement.value))
    }
}

extension KeyValueStore where Self: ~Copyable {
    /// `scan` from a key that is an array.
    func scanRows(
        _ table: Table, from key: [UInt8],
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StorageError) -> Bool
    ) throws(StorageError) {
        try key.withUnsafeBufferPointer { key throws(StorageError) in try scan(table, from: UnsafeRawBufferPointer(key), body) }
    }

    /// Each row of a table, in the order of the keys.
    func forEachRow(
        of table: Table, _ progress: inout RowProgress,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StorageError) -> Void
    ) throws(Failure) {
        var isInterrupted = false
        do throws(StorageError) {
            try scanRows(table, from: []) { key, value throws(StorageError) in
                isInterrupted = !progress.advance()
                guard !isInterrupted else { return false }
                try body(key, value)
                return true
            }
        } catch {
            throw Failure(error)
        }
        if isInterrupted { throw Failure(.interrupted, nil) }
    }
}
