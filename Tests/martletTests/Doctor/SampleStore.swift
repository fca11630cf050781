import BrokerRecords
import Foundation
import MQTTCodec
import Primitives
import Storage
import Synchronization

@testable import martlet

/// A data directory with a store of a few rows of every kind, gone at the end.
final class SampleStore: Sendable {
    let path: String
    static let now = Timestamp(seconds: 1_800_000_000, nanoseconds: 0).since1970 ?? 0
    static let second: Int64 = 1_000_000_000
    static let day = 86_400 * second

    init(_ rows: [BrokerRow] = SampleStore.rows) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-doctor-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try apply { batch in for row in rows { row.put(into: &batch) } }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var directory: StoreDirectory { StoreDirectory(path) }
    var file: URL { URL(fileURLWithPath: directory.file) }

    func apply(_ change: (inout WriteBatch) -> Void) throws {
        var batch = WriteBatch()
        change(&batch)
        var store = try directory.open()
        if !batch.isEmpty { try store.apply(batch) }
    }

    func check() throws -> StoreCheck {
        var progress = RowProgress.silent
        return try StoreCheck.run(directory.openForWork(), &progress)
    }

    /// Each row of the store, as it is.
    func contents() throws -> [BrokerRow] { try directory.rows() }

    /// What `martlet doctor` writes with these words behind DIR, and how it ends.
    func run(_ words: String...) async -> (output: String, failure: Failure?) { await Self.run([path] + words) }

    static func run(_ words: [String]) async -> (output: String, failure: Failure?) {
        let output = Mutex<[UInt8]>([])
        var failure: Failure?
        do {
            try await DoctorRun(Arguments(words, of: .doctor), write: { bytes throws(Failure) in output.withLock { $0 += bytes } }).run()
        } catch {
            failure = Failure(error)
        }
        return (output.withLock { String(decoding: $0, as: UTF8.self) }, failure)
    }

    // MARK: - Rows

    static func message(
        _ topic: String = "a/b", payload: [UInt8] = Array("hello".utf8), claims: [Claim] = [], share: StoredMessage.Share? = nil,
        arrived: Int64 = now - day
    ) -> StoredMessage {
        StoredMessage(
            qos: .atLeastOnce, retain: false, expires: .max, arrived: arrived, claims: claims, share: share, topic: Array(topic.utf8),
            payload: payload)
    }

    static func claim(_ session: UInt64, packetID: UInt16 = 0) -> Claim {
        Claim(session: session, packetID: packetID, qos: .atLeastOnce, retain: false)
    }

    static func session(_ number: UInt64, _ clientID: String, expiry: UInt32 = .max, away: Int64 = 0) -> BrokerRow {
        .session(
            number, SessionRecord(expirySeconds: expiry, disconnectedAt: away == 0 ? 0 : now - away, clientID: Array(clientID.utf8)))
    }

    static let placement = BrokerRow.placement(PlacementRecord(hashSeed: .max - 1, shards: 2))
    static let share = StoredMessage.Share(name: Array("group".utf8), filter: Array("jobs/#".utf8))

    /// A healthy store with something of everything that is hard to write down.
    static let rows: [BrokerRow] = {
        var withProperties = message("p/ü", payload: [0xFF, 0, 1], claims: [claim(1), claim(2, packetID: 7)])
        withProperties.properties = [0x01, 1, 0x03, 0, 1, 0x74, 0x26, 0, 1, 0x61, 0, 0, 0x09, 0, 1, 0xFF]
        withProperties.claims[0].identifiers = [0x0B, 0x80, 0x01]
        withProperties.claims[1].retain = true
        withProperties.expires = now + 123_456_789
        var odd = message("o\u{1}\"\\\n", claims: [claim(2)])
        odd.properties = [0x01, 0x01]
        return [
            placement, .meta(name: Array("later".utf8), value: [1, 2, 3]), session(1, "reader"),
            session(2, "auto-abcdefghabcdefgh", away: 3 * day), session(3, "gone", expiry: 60, away: day),
            session(1 << 60, "large", expiry: 9),
            .subscription(
                1,
                SubscriptionRecord(
                    session: 1, identifier: 128, maximumQoS: .exactlyOnce, noLocal: true, retainAsPublished: false,
                    filter: Array("a/#".utf8))),
            .subscription(
                2,
                SubscriptionRecord(
                    session: 2, identifier: 0, maximumQoS: .atMostOnce, noLocal: false, retainAsPublished: true,
                    filter: Array("$share/group/jobs/#".utf8))),
            .retained(1, RetainedHead(version: -5, publisher: 0), message("r/1")),
            .retained(2, RetainedHead(version: .max, publisher: .max), message("r/2", payload: [])),
            .message(10, withProperties), .message(11, odd), .message(12, message("jobs/1", share: share)),
            .message(13, message(claims: [claim(1), claim(2), claim(99)])), .settled(message: 13, session: 1),
            .settled(message: 13, session: 99),
            .exchange(
                session: 1, packetID: 3,
                ExchangeRecord(message: 10, isReleased: false, qos: .exactlyOnce, retain: true, identifiers: [0x0B, 5])),
            .exchange(session: 2, packetID: 65_535, ExchangeRecord(message: 5, isReleased: true, qos: .exactlyOnce, retain: false)),
            .received(session: 2, packetID: 1),
            .will(1, WillHead(session: 0, startedAt: 0, delaySeconds: 0, messageExpirySeconds: nil), message("w")),
            .will(2, WillHead(session: 3, startedAt: now, delaySeconds: 30, messageExpirySeconds: 0), message("w")),
            .unconfirmed(message: 14, shard: 1, message("u", claims: [])),
        ]
    }()
}

extension StoreDirectory {
    /// Each row of the store that can be read.
    func rows() throws -> [BrokerRow] {
        let store = try open()
        var rows: [BrokerRow] = []
        for table in BrokerRow.tables {
            try store.scanRows(table, from: []) { key, value in
                if let row = try? BrokerRow(table, key, value) { rows.append(row) }
                return true
            }
        }
        return rows
    }
}
