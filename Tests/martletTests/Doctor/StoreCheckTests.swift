import BrokerRecords
import MQTTCodec
import Primitives
import Testing

@testable import martlet

@Suite("martlet doctor: what is wrong with a store")
struct StoreCheckTests {
    private func findings(_ rows: [BrokerRow], _ change: (inout WriteBatch) -> Void = { _ in }) throws -> [String] {
        let store = try SampleStore(rows)
        try store.apply(change)
        return try store.check().findings.map { "\($0.tableName) \($0.keyText): \($0.problem)" }
    }

    private let base = [SampleStore.placement, SampleStore.session(1, "c")]

    @Test("nothing, of a healthy one")
    func healthy() throws {
        #expect(try findings(SampleStore.rows) == [])
        #expect(try findings([]) == [])
    }

    @Test("rows that cannot be read, in any table")
    func unreadable() throws {
        let found = try findings(base) { batch in
            for table in BrokerRow.tables.dropFirst() { batch.put([0xFF], at: [9, 9, 9], in: table) }
            batch.put([1], at: PlacementRecord.key, in: BrokerTable.meta)
        }
        #expect(found.count == BrokerRow.tables.count)
        for name in BrokerTable.names.dropFirst() { #expect(found.contains { $0.hasPrefix("\(name) 0x090909: ") }, "\(name)") }
        #expect(found.contains("meta placement: its value is no placement"))
        #expect(found.contains("wills 0x090909: its value is no Will"))
        #expect(found.contains("settled 0x090909: its key has 3 bytes, not 16"))
    }

    @Test("rows that refer to what is not there")
    func dangling() throws {
        let missing: [BrokerRow] = [
            .subscription(
                5,
                SubscriptionRecord(
                    session: 9, identifier: 0, maximumQoS: .atMostOnce, noLocal: false, retainAsPublished: false, filter: Array("a".utf8))),
            .message(20, SampleStore.message(claims: [SampleStore.claim(1), SampleStore.claim(9)])),
            .message(21, SampleStore.message(claims: [SampleStore.claim(8), SampleStore.claim(9)])),
            .message(22, SampleStore.message()), .settled(message: 21, session: 9), .settled(message: 23, session: 1),
            .exchange(session: 1, packetID: 1, ExchangeRecord(message: 21, isReleased: false, qos: .atLeastOnce, retain: false)),
            .exchange(session: 9, packetID: 2, ExchangeRecord(message: 20, isReleased: true, qos: .exactlyOnce, retain: false)),
            .exchange(session: 1, packetID: 3, ExchangeRecord(message: 99, isReleased: true, qos: .exactlyOnce, retain: false)),
            .received(session: 9, packetID: 4),
            .will(1, WillHead(session: 9, startedAt: 0, delaySeconds: 0, messageExpirySeconds: nil), SampleStore.message()),
        ]
        #expect(
            try Set(findings(base + missing)) == [
                "subscriptions 5: session 9 is not there", "messages 20: session 9 of a claim is not there",
                "messages 21: its claims are of sessions that are not there: 8", "messages 22: nobody has a claim on it",
                "settled message 21, session 9: message 21 is not there", "settled message 23, session 1: message 23 is not there",
                "exchanges session 1, packet 1: message 21 is not there", "exchanges session 9, packet 2: session 9 is not there",
                "received session 9, packet 4: session 9 is not there", "wills 1: session 9 is not there",
            ])
    }

    @Test("names that nobody may have")
    func names() throws {
        let wrong: [BrokerRow] = [
            .message(1, SampleStore.message("a/#", claims: [SampleStore.claim(1)])), SampleStore.session(2, ""),
            .subscription(
                3,
                SubscriptionRecord(
                    session: 1, identifier: 0, maximumQoS: .atMostOnce, noLocal: false, retainAsPublished: false, filter: Array("a#".utf8))),
        ]
        #expect(
            try findings(base + wrong) == [
                "sessions 2: its Client Identifier is none", "messages 1: its value is no message",
                "subscriptions 3: its filter is no Topic Filter",
            ])
    }

    @Test("several Retained Messages of one topic: the highest version stays, and is counted alone")
    func retained() throws {
        let rows = [(1, 5, "a"), (2, 9, "a"), (3, 7, "a"), (4, 1, "b")].map { number, version, topic in
            BrokerRow.retained(
                UInt64(number), RetainedHead(version: Int64(version), publisher: 0),
                SampleStore.message(topic, payload: Array(repeating: 0, count: number)))
        }
        let check = try SampleStore(base + rows).check()
        #expect(check.findings.map(\.keyText) == ["1", "3"])
        #expect(check.findings.map(\.problem) == ["row 2 has a newer one for a", "row 2 has a newer one for a"])
        #expect(check.figures.retained == .init(count: 2, bytes: 3 + 5))
    }

    private static func will(_ number: UInt64, of session: UInt64, _ payload: String) -> BrokerRow {
        .will(
            number, WillHead(session: session, startedAt: SampleStore.now, delaySeconds: 30, messageExpirySeconds: nil),
            SampleStore.message("w", payload: Array(payload.utf8)))
    }

    @Test("several sessions of one client: the latest stays, and what belongs to another one goes with it")
    func sessions() throws {
        let claims = [SampleStore.claim(1), SampleStore.claim(3), SampleStore.claim(5)]
        let rows: [BrokerRow] = [
            SampleStore.session(3, "c"), SampleStore.session(4, "d"), SampleStore.session(5, "c"),
            .message(20, SampleStore.message(claims: claims)), .received(session: 3, packetID: 1), Self.will(1, of: 1, "first"),
            Self.will(2, of: 5, "last"),
        ]
        let check = try SampleStore(base + rows).check()
        #expect(
            check.findings.map { "\($0.tableName) \($0.keyText): \($0.problem)" } == [
                "sessions 1: row 3 is a later one of the client c", "sessions 3: row 5 is a later one of the client c",
                "messages 20: session 1 of a claim is not there", "messages 20: session 3 of a claim is not there",
                "received session 3, packet 1: session 3 is not there", "wills 1: session 1 is not there",
            ])
        #expect(Set(check.figures.sessions.keys) == [4, 5] && check.figures.wills == 1)
    }

    @Test("several Wills of one session: the latest stays; of sessions that end with their connection there are many")
    func wills() throws {
        let rows = [
            SampleStore.session(2, "d"), Self.will(3, of: 1, "a"), Self.will(4, of: 0, "b"), Self.will(5, of: 2, "c"),
            Self.will(6, of: 1, "d"), Self.will(7, of: 0, "e"), Self.will(8, of: 1, "f"),
        ]
        let check = try SampleStore(base + rows).check()
        #expect(
            check.findings.map { "\($0.tableName) \($0.keyText): \($0.problem)" } == [
                "wills 3: row 6 is a later one of session 1", "wills 6: row 8 is a later one of session 1",
            ])
        #expect(check.figures.wills == 4)
    }

    @Test("a placement that is missing where something else is")
    func placement() throws {
        #expect(try findings([SampleStore.session(1, "c")]) == ["meta placement: how clients were placed is missing"])
    }

    @Test("Claims are queued or in flight, or settled")
    func figures() throws {
        let check = try SampleStore().check()
        let figures = check.figures
        #expect(check.rows == SampleStore.rows.count)
        #expect(figures.sessions.count == 4 && figures.subscriptions == 2 && figures.shards == 2)
        // Message 10 by an exchange.
        #expect(figures.sessions[1]?.queue.inFlight.count == 1 && figures.sessions[1]?.queue.waiting.count == 0)
        // Message 10 by its claim; 11 and 13 wait.
        #expect(figures.sessions[2]?.queue.inFlight.count == 1 && figures.sessions[2]?.queue.waiting.count == 2)
        #expect(figures.sessions[2]?.queue.oldest == SampleStore.now - SampleStore.day)
        #expect(figures.shares[SampleStore.share]?.waiting == .init(count: 1, bytes: 11))
        #expect(figures.messages.count == 4 && figures.wills == 2 && figures.received == 1 && figures.released == 1)
        #expect(figures.unconfirmed == 1 && figures.retained.count == 2)
    }
}
