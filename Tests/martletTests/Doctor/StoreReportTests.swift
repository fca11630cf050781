import BrokerRecords
import Testing

@testable import martlet

@Suite("martlet doctor: what it says")
struct StoreReportTests {
    private func report(_ rows: [BrokerRow] = SampleStore.rows) throws -> StoreReport {
        StoreReport(path: "dir", fileBytes: 50_000, usedBytes: 20_000, check: try SampleStore(rows).check(), now: SampleStore.now)
    }

    @Test("For people: state, amounts, queues and orphans")
    func text() throws {
        #expect(
            try report().text == """
                dir: healthy, 22 rows

                  file            50.0 kB: 20.0 kB in use, 30.0 kB reclaimable by --compact
                  sessions        4: 2 connected, 1 disconnected, 1 expired
                  subscriptions   2
                  retained        2, 11 B
                  queued          3, 31 B
                  in flight       2, 46 B
                  stored once     4, 54 B
                  wills           2
                  QoS 2 received  1
                  QoS 2 released  1
                  unconfirmed     1

                  Queues, by bytes:
                  client                 messages  in flight  bytes      oldest       away  expires in
                  auto-abcdefghabcdefgh         3          1   43 B  24 h 0 min    3 d 0 h       never
                  reader                        1          1   23 B  24 h 0 min  connected       never
                  $share/group/jobs/#           1          0   11 B  24 h 0 min          -           -

                  Probably orphans, with generated identifiers: 1
                  client                 messages  bytes     away  expires in
                  auto-abcdefghabcdefgh         3   43 B  3 d 0 h       never

                """)
    }

    @Test("Queues by bytes, by messages, and by age; as many as are wanted")
    func order() throws {
        let day = SampleStore.day
        let rows: [BrokerRow] = [
            SampleStore.placement, SampleStore.session(1, "large"), SampleStore.session(2, "old"), SampleStore.session(3, "many"),
            .message(1, SampleStore.message(payload: Array(repeating: 65, count: 5_000), claims: [SampleStore.claim(1)])),
            .message(2, SampleStore.message(claims: [SampleStore.claim(2)], arrived: SampleStore.now - 9 * day)),
            .message(3, SampleStore.message(claims: [SampleStore.claim(3)])),
            .message(4, SampleStore.message(claims: [SampleStore.claim(3)])),
        ]
        var report = try report(rows)
        for (order, names) in [
            (StoreReport.Order.bytes, ["large", "many", "old"]), (.messages, ["many", "large", "old"]), (.age, ["old", "large", "many"]),
        ] {
            report.order = order
            #expect(report.queues.map { String(decoding: $0.name, as: UTF8.self) } == names)
        }
        report.longest = 1
        #expect(report.text.contains("2 more; --queues N shows more"))
        report.longest = 0
        #expect(!report.text.contains("Queues"))
    }

    @Test("For programs: the same, with every finding")
    func json() throws {
        let broken = BrokerRow.received(session: 77, packetID: 2)
        let json = try report(SampleStore.rows + [broken]).json
        #expect(JSONText.isValid(Array(json.utf8)))
        for part in [
            #""healthy":false,"findings":[{"table":"received","key":"session 77, packet 2","problem":"session 77 is not there"}]"#,
            #""file":{"bytes":50000,"used_bytes":20000,"reclaimable_bytes":30000},"shards":2"#,
            #""sessions":{"total":4,"connected":2,"disconnected":1,"expired":1},"subscriptions":2,"retained":{"count":2,"bytes":11}"#,
            #""orphans":[{"client":"auto-abcdefghabcdefgh","messages":3,"in_flight":1,"bytes":43,"oldest_seconds":86400,"#
                + #""state":"disconnected","away_seconds":259200,"expires_in_seconds":null}]"#,
            #"{"share":"$share/group/jobs/#","messages":1"#,
        ] { #expect(json.contains(part), "\(part) in \(json)") }
    }

    @Test("A session's state and what is left of it")
    func states() {
        let now = SampleStore.now
        let record = SessionRecord(expirySeconds: 60, disconnectedAt: now - 59 * SampleStore.second, clientID: [65])
        #expect(record.state(at: now) == .disconnected && record.secondsLeft(at: now) == 1 && record.secondsAway(at: now) == 59)
        #expect(record.state(at: now + SampleStore.second) == .expired)
        let odd = SessionRecord(expirySeconds: 1, disconnectedAt: .min, clientID: [65])
        #expect(odd.state(at: .max) == .expired)
    }
}
