import MQTTClient
import Testing

@testable import martlet

@Suite("How messages are written")
struct MessageFormatTests {
    private let time = Timestamp(seconds: 1_769_852_858, nanoseconds: 1_234_567)

    private func format(_ line: String, isTerminal: Bool = false) throws -> MessageFormat {
        try MessageFormat(Arguments(line.split(separator: " ").map(String.init), of: .subscribe), isTerminal: isTerminal, hasColour: false)
    }

    private func text(_ format: MessageFormat, _ delivery: Delivery) -> String { String(decoding: format.bytes(delivery), as: UTF8.self) }

    @Test("In a pipe a payload is a line; -v puts the topic before it, -N leaves the end of line out")
    func plain() throws {
        let delivery = Delivery(topic: "a/b", payload: Array("x".utf8), time: time)
        #expect(text(try format(""), delivery) == "x\n")
        #expect(text(try format("-v"), delivery) == "a/b x\n")
        #expect(text(try format("-N"), delivery) == "x")
        #expect(text(try format("-F %t -N"), delivery) == "a/b")
        #expect(text(try format("-v", isTerminal: true), delivery) == "a/b x\n")
    }

    @Test("--json has every part, in one line")
    func json() throws {
        let delivery = Delivery(
            topic: "a/\"b\"", payload: Array("line\nbreak\u{01}".utf8), qos: .exactlyOnce, retain: true, isDuplicate: true,
            properties: MessageProperties(contentType: "t", correlationData: [0xFF], userProperties: [UserProperty("n", "v")]), time: time)
        #expect(
            text(try format("--json"), delivery)
                == #"{"time":"2026-01-31T09:47:38.001Z","topic":"a/\"b\"","qos":2,"retain":true,"duplicate":true,"#
                + #""payload":"line\nbreak\u0001","properties":{"content-type":"t","correlation-data_base64":"/w==","#
                + #""user-property":[{"name":"n","value":"v"}]}}"# + "\n")
    }

    @Test(
        "A payload that is not UTF-8 is Base64 under another name",
        arguments: [([0xFF], "/w=="), ([0xFF, 0xFE], "//4="), ([0xFF, 0xFE, 0xFD], "//79")])
    func binary(payload: [UInt8], encoded: String) throws {
        #expect(text(try format("--json"), Delivery(topic: "t", payload: payload, time: time)).contains(#""payload_base64":"\#(encoded)""#))
    }

    @Test("For people: a line about the message, then the payload, indented")
    func readable() throws {
        let delivery = Delivery(
            topic: "a/b", payload: Array(#"{"z":1.50,"a":[]}"#.utf8), qos: .atLeastOnce, retain: true,
            properties: MessageProperties(contentType: "application/json", userProperties: [UserProperty("n", "v")]), time: time)
        let head = "\(time.clock)  a/b  QoS 1  retained  content-type=application/json  n=v\n"
        #expect(text(try format("", isTerminal: true), delivery) == head + "  {\n    \"z\": 1.50,\n    \"a\": []\n  }\n")
        let empty = Delivery(topic: "t", payload: [], time: time)
        #expect(text(try format("", isTerminal: true), empty) == "\(time.clock)  t  QoS 0\n  (empty)\n")
    }

    @Test("What would move the cursor of a terminal is shown as bytes, and in a topic as its code")
    func control() throws {
        let delivery = Delivery(topic: "a\u{1B}[2J", payload: Array("b\u{1B}[2Jc".utf8), time: time)
        let shown = text(try format("", isTerminal: true), delivery)
        #expect(!shown.contains("\u{1B}"))
        #expect(shown.contains("a\\u{1b}[2J") && shown.contains("00000000  62 1b 5b 32 4a 63") && shown.contains("|b.[2Jc|"))
    }

    @Test("A long binary payload is shown in part, saying how much is left out")
    func longDump() {
        let lines = HexDump.lines([UInt8](repeating: 0xAB, count: 10_000))
        #expect(lines.count == 257)
        #expect(lines.last == "... 5,904 bytes more")
    }

    @Test("--json goes with no other format", arguments: ["--json -v", "--json -N", "--json -F %p"])
    func conflicts(line: String) {
        #expect(throws: Failure.self) { try format(line) }
    }
}
