import BrokerRecords
import Primitives
import Testing

@testable import martlet

@Suite("A row of a broker's store")
struct BrokerRowTests {
    private func read(_ table: Table, _ key: [UInt8], _ value: [UInt8]) throws(RowProblem) -> BrokerRow {
        try key.withUnsafeBufferPointer { key throws(RowProblem) in
            try value.withUnsafeBufferPointer { value throws(RowProblem) in
                try BrokerRow(table, UnsafeRawBufferPointer(key), UnsafeRawBufferPointer(value))
            }
        }
    }

    @Test("comes back from its key and value, and from its line of JSON", arguments: SampleStore.rows)
    func roundTrip(row: BrokerRow) throws {
        #expect(try read(row.table, row.key, row.value) == row)
        #expect(try BrokerRow(JSONValue(Array(row.json.utf8))) == row, "\(row.json)")
    }

    @Test("cut short is none, or says less", arguments: SampleStore.rows)
    func truncated(row: BrokerRow) {
        for count in 0..<row.value.count {
            #expect(throws: (any Error).self) {
                guard try read(row.table, row.key, Array(row.value.prefix(count))) == row else { throw RowProblem("another") }
            }
        }
        if row.table != BrokerTable.meta {
            for key in [Array(row.key.dropLast()), row.key + [0]] {
                #expect(throws: RowProblem.self) { try read(row.table, key, row.value) }
            }
        }
    }

    @Test("is a line that people can read")
    func lines() {
        #expect(
            SampleStore.session(4, "mé", expiry: 60, away: SampleStore.day).json
                == #"{"kind":"session","number":4,"client":"mé","disconnected":"2027-01-14T08:00:00.000000000Z","expiry_seconds":60}"#)
        #expect(SampleStore.session(1 << 60, "c").json.contains(#""number":"1152921504606846976","client":"c","disconnected":null"#))
        var message = SampleStore.message("t", claims: [SampleStore.claim(2, packetID: 9)])
        message.properties = [0x26, 0, 1, 0x61, 0, 1, 0x62, 0x02, 0, 0, 0, 9]
        message.claims[0].identifiers = [0x0B, 1]
        #expect(
            BrokerRow.message(7, message).json
                == #"{"kind":"message","number":7,"topic":"t","qos":1,"retain":false,"arrived":"2027-01-14T08:00:00.000000000Z","expires":null,"#
                + #""claims":[{"session":2,"packet":9,"qos":1,"retain":false,"properties":[{"subscription-identifier":1}]}],"#
                + #""properties":[{"user-property":{"name":"a","value":"b"}},{"message-expiry-interval":9}],"payload":"hello"}"#)
    }

    @Test(
        "that makes no sense is refused, with the field's name",
        arguments: [
            (#"[]"#, nil, "expected an object, found an array"), (#"{}"#, "kind", "expected a text such as session, found nothing"),
            (#"{"kind":"sesion"}"#, "kind", "sesion: unknown kind; did you mean session?"),
            (#"{"kind":"received","session":1,"packet":65536}"#, "packet", "expected a whole number from 0 to 65535, found 65536"),
            (
                #"{"kind":"received","session":-1,"packet":1}"#, "session",
                "expected a whole number from 0 to 18446744073709551615, found -1"
            ),
            (#"{"kind":"received","session":1,"packet":1,"paket":1}"#, "paket", "unknown field; did you mean packet?"),
            (
                #"{"kind":"session","number":1,"client":"a","disconnected":"2026-02-30T00:00:00Z","expiry_seconds":1}"#, "disconnected",
                #"expected a time such as 2026-01-31T09:47:38.123456789Z, or null, found "2026-02-30T00:00:00Z""#
            ),
            (
                #"{"kind":"session","number":1,"client_base64":"a"}"#, "expiry_seconds",
                "expected a whole number from 0 to 4294967295, or null, found nothing"
            ),
            (
                #"{"kind":"message","number":1,"topic":"t","qos":3}"#, "qos", "expected a whole number from 0 to 2, found 3"
            ),
            (
                #"{"kind":"message","number":1,"topic":"t","qos":1,"retain":false,"arrived":"2026-01-01T00:00:00Z","expires":null,"#
                    + #""payload":"","claims":[{"session":1,"packet":1,"qos":1,"retain":0}]}"#,
                "claims[0].retain", "expected true or false, found 0"
            ),
            (
                #"{"kind":"message","number":1,"topic":"t","qos":1,"retain":false,"arrived":"2026-01-01T00:00:00Z","expires":null,"#
                    + #""payload":"","properties":[{"contenttype":"x"}]}"#,
                "properties[0].correlation-data", "expected a text, or correlation-data_base64, found nothing"
            ),
            (#"{"kind":"store","format":"Martlet outbox","version":1}"#, "format", "expected Martlet store, found Martlet outbox"),
            (#"{"kind":"store","format":"Martlet store","version":9}"#, "version", "expected 1, found 9; use the program that wrote it"),
        ] as [(String, String?, String)])
    func wrong(line: String, field: String?, words: String) {
        #expect(throws: FieldReader.Problem(field: field, words: words)) { try BrokerRow(JSONValue(Array(line.utf8))) }
    }
}
