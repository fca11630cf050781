import MQTTCodec
import Testing

@Suite("The notation of transcripts")
struct TranscriptParserTests {
    @Test("a fault is named with its file and line")
    func faultsAreNamed() {
        let text = "== One  [MQTT-3.1.0-1]\na connects\na > PUBLISH topic=t qos=3\n"
        #expect(throws: TranscriptError(file: "x.transcript", line: 3, message: "`qos` is 0, 1 or 2")) {
            try TranscriptParser.parse(text, file: "x.transcript")
        }
    }

    @Test(
        "what is not understood is refused",
        arguments: [
            "a jumps", "a > PUBLISH tpoic=t", "a > PUBLISH topic=t qos=1", "a < PUBLISH size=3", "a < SUBSCRIBE id=1",
            "a > SUBSCRIBE id=1", "a > bytes 10 { 00", "a > bytes 1", "a > PUBLISH topic=\"t", "advance soon", "for v4",
            "limits patience=3", "listener anonymous=perhaps", "a < PUBLISH prop colour=red", "a < PUBLISH prop !colour",
        ])
    func refuses(line: String) {
        #expect(throws: TranscriptError.self) {
            try TranscriptParser.parse("== One\n\(line)\n", file: "x.transcript")
        }
    }

    @Test("lines before the first title are refused")
    func needsTitle() {
        #expect(throws: TranscriptError.self) { try TranscriptParser.parse("a connects\n", file: "x.transcript") }
    }

    @Test("bytes are written with lengths of their own")
    func bytes() throws {
        let bytes = try RawBytes.parse("10 { 'MQTT' 05 02 003C {} [ \"a\" FF ] } \"x\" *3")
        #expect(bytes == [0x10, 15, 0, 4, 0x4D, 0x51, 0x54, 0x54, 5, 2, 0, 0x3C, 0, 0, 2, 0x61, 0xFF, 0x78, 0x78, 0x78])
        #expect(try RawBytes.parse("{ 00 *200 }").prefix(2) == [0xC8, 0x01])
    }

    @Test("a comment begins at a lone #, a filter may be one")
    func comments() throws {
        let scenario = try #require(
            try TranscriptParser.parse("== One\n# nothing\na > SUBSCRIBE id=1 filter=#  # all\n", file: "x").first)
        let line = PacketLine(name: "SUBSCRIBE", words: [Word(key: "id", value: "1"), Word(key: "filter", value: "#")])
        #expect(scenario.steps.map(\.action) == [.sends(client: "a", line)])
    }

    @Test("quotes keep spaces and undo escapes")
    func quotes() throws {
        let words = try Word.split(#"topic="a b" payload="\u{1}\"" retain"#)
        #expect(words == [Word(key: "topic", value: "a b"), Word(key: "payload", value: "\u{1}\""), Word(key: "retain")])
    }
}
