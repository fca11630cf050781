import Testing

/// The player has to notice what is wrong, or the transcripts prove nothing.
@Suite("The player of transcripts")
struct TranscriptPlayerTests {
    /// Answers every line that it is sent with the same bytes.
    struct ParrotHost: TranscriptHost {
        var answer: [UInt8]
        var bytes: [UInt8] = []
        var isOver = false

        mutating func open(_ client: String) {}
        mutating func send(_ bytes: [UInt8], by client: String) { self.bytes += answer }
        func received(by client: String) -> [UInt8] { bytes }
        func isClosed(_ client: String) -> Bool { isOver }
        mutating func drop(_ client: String) { isOver = true }
        mutating func advance(milliseconds: Int64) {}
        mutating func stop() {}
        mutating func settle(until isDone: (Self) -> Bool) {}
    }

    private func play(_ lines: String, answer: [UInt8]) throws {
        let scenario = try #require(try TranscriptParser.parse("== One\n\(lines)\n", file: "x").first)
        try TranscriptPlayer.play(ScenarioRun(scenario: scenario, version: .v5), on: ParrotHost(answer: answer))
    }

    private let publish: [UInt8] = [0x30, 11, 0, 1, 0x74, 5, 0x26, 0, 0, 0, 0, 0x78, 0x79]

    @Test(
        "what came as told is well",
        arguments: [
            "a < PUBLISH", "a < PUBLISH topic=t payload=xy qos=0 retain=0 dup=0", "a < PUBLISH payload-size=2",
            "a < PUBLISH prop user=:", "a < PUBLISH prop only user=*", "a < PUBLISH prop !topic-alias", "a << PUBLISH",
            "a <? PUBLISH", "a < bytes 30 0B 00 01 74 05 26 00 00 00 00 78 79",
        ])
    func accepts(line: String) throws {
        try play("a > PINGREQ\n\(line)", answer: publish)
    }

    @Test(
        "what differs is noticed",
        arguments: [
            "a < PUBACK", "a < PUBLISH topic=u", "a < PUBLISH payload=x", "a < PUBLISH retain", "a < PUBLISH qos=1",
            "a < PUBLISH id=1", "a < PUBLISH prop only", "a < PUBLISH prop !user", "a < PUBLISH prop user=: user=:",
            "a < PUBLISH prop topic-alias=*", "a < bytes 30 0B 00 02", "a silent", "a closed", "a <? PUBACK",
            "a < PUBLISH\na < PUBLISH", "a > PINGREQ\na < PUBLISH", "b < PUBLISH",
        ])
    func notices(line: String) {
        #expect(throws: TranscriptError.self) {
            try play("a > PINGREQ\n\(line)", answer: publish)
        }
    }

    @Test("a packet beyond the client's Maximum Packet Size is noticed")
    func noticesLargePackets() {
        #expect(throws: TranscriptError.self) {
            try play("a > CONNECT id=a prop maximum-packet-size=12\na < PUBLISH", answer: publish)
        }
    }
}
