import BrokerRecords
import Foundation
import MQTTCodec
import Primitives
import Testing

@testable import martlet

@Suite("martlet doctor --repair")
struct StoreRepairTests {
    @Test("What makes no sense goes, what is whole stays, and each row is named")
    func rows() async throws {
        let good = SampleStore.rows
        let bad: [BrokerRow] = [
            .message(30, SampleStore.message(claims: [SampleStore.claim(77)])), .settled(message: 30, session: 4),
            .received(session: 77, packetID: 1),
            .exchange(session: 1, packetID: 9, ExchangeRecord(message: 30, isReleased: false, qos: .atLeastOnce, retain: false)),
            .retained(9, RetainedHead(version: -9, publisher: 0), SampleStore.message("r/1")),
        ]
        let store = try SampleStore(good + bad)
        try store.apply { $0.put([1], at: [1], in: BrokerTable.sessions) }
        let (output, failure) = await store.run("--repair")
        #expect(failure == nil)
        for line in [
            "removed: messages 30: its claims are of sessions that are not there: 77",
            "removed: settled message 30, session 4: message 30 is not there",
            "removed: exchanges session 1, packet 9: message 30 is not there", "removed: retained 9: row 1 has a newer one for r/1",
            "removed: sessions 0x01: its value is no session", "6 findings put right",
        ] { #expect(output.contains(line), "\(line) in \(output)") }
        #expect(try Set(store.contents().map(\.json)) == Set(good.map(\.json)))
        #expect(await store.run("--repair").output == "\(store.path): every row is as it should be\n")
    }

    @Test("Of a message that others wait for only the claim goes; a placement is written anew")
    func claims() async throws {
        let store = try SampleStore([
            SampleStore.session(1, "c"), .message(5, SampleStore.message(claims: [SampleStore.claim(1), SampleStore.claim(77)])),
        ])
        let (output, failure) = await store.run("--repair", "--json")
        #expect(failure == nil && JSONText.isValid(Array(output.utf8)))
        #expect(output.contains(#""key":"5","problem":"session 77 of a claim is not there","done":"claim removed"}"#))
        #expect(output.contains(#""key":"placement","problem":"how clients were placed is missing","done":"written anew"}"#))
        let check = try store.check()
        #expect(check.findings == [] && check.figures.sessions[1]?.queue.waiting.count == 1 && check.figures.shards == 1)
    }

    @Test("Of two sessions of one client, and of two Wills of one session, the later one stays; each row that goes is named")
    func twice() async throws {
        func will(_ number: UInt64, of session: UInt64) -> BrokerRow {
            .will(number, WillHead(session: session, startedAt: 0, delaySeconds: 0, messageExpirySeconds: nil), SampleStore.message("w"))
        }
        let good = [
            SampleStore.placement, SampleStore.session(7, "c", expiry: 60, away: SampleStore.day),
            .message(30, SampleStore.message(claims: [SampleStore.claim(7)])), will(5, of: 7),
        ]
        let bad = [
            SampleStore.session(1, "c"), .message(31, SampleStore.message(claims: [SampleStore.claim(1)])), will(3, of: 7), will(4, of: 1),
        ]
        let store = try SampleStore(bad + good)
        let found = await store.run()
        #expect(found.failure?.status == .failed && found.output.contains("  sessions 1: row 7 is a later one of the client c\n"))
        #expect(found.output.contains("  wills 3: row 5 is a later one of session 7\n"))
        let (output, failure) = await store.run("--repair")
        #expect(failure == nil)
        #expect(
            output == """
                  removed: sessions 1: row 7 is a later one of the client c
                  removed: messages 31: its claims are of sessions that are not there: 1
                  removed: wills 4: session 1 is not there
                  removed: wills 3: row 5 is a later one of session 7
                \(store.path): 4 findings put right

                """)
        #expect(try Set(store.contents().map(\.json)) == Set(good.map(\.json)))
        #expect(await store.run().failure == nil)
    }

    @Test("Of a damaged file the rows that can be reached are saved, and it is kept under another name")
    func damaged() async throws {
        let store = try SampleStore([SampleStore.placement, SampleStore.session(1, "c")])
        try store.apply { batch in
            for number in 1...400 {
                let topic = "t/\(number)"
                BrokerRow.retained(UInt64(number), RetainedHead(version: 1, publisher: 0), SampleStore.message(topic)).put(into: &batch)
            }
        }
        // Each page that holds some of them; LMDB's pages are those of the machine.
        var bytes = try Data(contentsOf: store.file)
        let place = try #require(bytes.range(of: Data("t/200hello".utf8))?.lowerBound)
        let page = place / Int(getpagesize()) * Int(getpagesize())
        bytes.replaceSubrange(page..<page + 64, with: Data(count: 64))
        try bytes.write(to: store.file)

        let refused = await store.run()
        #expect(refused.failure?.status == .failed && refused.output.isEmpty)
        let number = page / Int(getpagesize())
        #expect(refused.failure?.message?.contains("is damaged (page \(number) is not what it should be); --repair") == true)

        let (output, failure) = await store.run("--repair")
        #expect(failure == nil)
        #expect(output.contains("the file was damaged; saved ") && output.contains(", lost ") && output.contains("in 1 damaged page\n"))
        let kept = try #require(try FileManager.default.contentsOfDirectory(atPath: store.path).first { $0.contains(".damaged-") })
        #expect(kept.hasPrefix("store.lmdb.damaged-20") && output.contains(kept))
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(store.path)/\(kept)")) == bytes)
        let check = try store.check()
        #expect(check.findings == [] && check.figures.sessions.count == 1)
        #expect((300..<400).contains(check.figures.retained.count))
    }

    @Test("What cannot be saved is left as it is, and that is said")
    func hopeless() async throws {
        let store = try SampleStore([])
        for (bytes, words) in [(Data("no store".utf8), "is no Martlet store"), (Data(), "nothing can be saved (it is empty)")] {
            try bytes.write(to: store.file)
            let (output, failure) = await store.run("--repair")
            #expect(output.isEmpty && failure?.status == .failed && failure?.message?.contains(words) == true, "\(failure as Any)")
            #expect(try Data(contentsOf: store.file) == bytes)
            #expect(try FileManager.default.contentsOfDirectory(atPath: store.path).sorted() == ["store.lmdb", "store.lmdb.lock"])
        }
    }
}
