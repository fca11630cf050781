import Testing

@testable import Broker

@Suite struct LogRecordTests {
    private let record = LogRecord(
        wallNanoseconds: 1_772_366_400_250_000_000, level: .notice, event: .clientRefused,
        fields: [.client(Array("a b".utf8)), .address("192.0.2.1:5"), .code(0x87), .hint("anonymous = true")])

    @Test("JSON has time, level, event and the fields")
    func json() {
        #expect(
            record.json == #"{"time":"2026-03-01T12:00:00.250Z","level":"notice","event":"client_refused","client":"a b","#
                + #""address":"192.0.2.1:5","code":135,"hint":"anonymous = true"}"# + "\n")
    }

    @Test("Text has the same, with quotes where they are needed and colours only where they are wanted")
    func text() {
        let rest = #"client_refused client="a b" address=192.0.2.1:5 code=135 hint="anonymous = true""# + "\n"
        #expect(record.text(coloured: false) == "2026-03-01T12:00:00.250Z notice  " + rest)
        #expect(record.text(coloured: true) == "2026-03-01T12:00:00.250Z \u{1B}[32mnotice\u{1B}[0m  " + rest)
    }

    @Test(
        "What a client calls itself cannot end a line, move the cursor or reorder text",
        arguments: [
            ([0x0A, 0x0D, 0x09], #""\n\r\t""#), ([0x1B, 0x5B, 0x32, 0x4A], #""\u001b[2J""#), ([0x00, 0x7F], #""\u0000\u007f""#),
            ([0xC2, 0x9B], #""\u009b""#), ([0x22, 0x5C], #""\"\\""#), ([0xE2, 0x80, 0xAE], #""\u202e""#),
            ([0xE2, 0x80, 0xA8], #""\u2028""#), ([0xF3, 0xA0, 0x81, 0x81], #""\udb40\udc41""#), ([0xFF], #""\#u{FFFD}""#), ([], #""""#),
        ] as [([UInt8], String)])
    func escaping(bytes: [UInt8], written: String) {
        let record = LogRecord(wallNanoseconds: 0, level: .info, event: .clientConnected, fields: [.client(bytes)])
        #expect(record.json.hasSuffix("\"client\":\(written)}\n"))
        #expect(record.text(coloured: false).hasSuffix(" client=\(written)\n"))
    }

    @Test("A long value is cut between characters")
    func cut() {
        let long = String(repeating: "é", count: 40_000)
        #expect(LogField.topic(Array(long.utf8)) == .topic(Array((String(repeating: "é", count: 128) + "…").utf8)))
        #expect(LogField.topic(Array(("x" + long).utf8)) == .topic(Array(("x" + String(repeating: "é", count: 127) + "…").utf8)))
    }

    @Test("Event names are distinct words of lower case")
    func names() {
        for event in LogEvent.allCases {
            #expect(event.rawValue.allSatisfy { $0 == "_" || ("a"..."z").contains($0) })
        }
    }
}
