import MQTTCodec
import Testing

@Suite("Topic Name") struct TopicNameTests {
    @Test(
        "Names of the table are valid or not [MQTT-4.7.3-1] [MQTT-3.3.2-2] [MQTT-3.3.2-2 of 3.1.1] [MQTT-4.7.1-1 of 3.1.1]"
    )
    func vectors() {
        #expect(!Vectors.all.topicNameValidity.isEmpty)
        for name in Vectors.all.topicNameValidity {
            Array(name.topic.utf8).withUnsafeBytes { raw in
                #expect(TopicName.isValid(raw) == name.valid, "\(name.topic)")
                let verdict = TopicName.check(raw, controlCharactersAllowed: false)
                #expect((verdict == .valid) == name.valid, "\(name.topic)")
            }
        }
    }

    @Test("A wildcard is found at every place of every length") func wildcards() {
        for length in 1...20 {
            for place in 0..<length {
                for byte in 0x20..<0x7F as Range<UInt8> {
                    var text = [UInt8](repeating: 0x61, count: length)
                    text[place] = byte
                    let isWildcard = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#")
                    let found = text.withUnsafeBytes { TopicName.check($0, controlCharactersAllowed: false) }
                    if found != (isWildcard ? .wildcard : .valid) { Issue.record("\(byte) at \(place) of \(length)") }
                }
            }
        }
    }

    @Test("What is not UTF-8, and what is but not ASCII") func characters() {
        let check: ([UInt8], Bool) -> TopicName.Verdict = { bytes, allowed in
            bytes.withUnsafeBytes { TopicName.check($0, controlCharactersAllowed: allowed) }
        }
        #expect(check(Array("straße/größe".utf8), false) == .valid)
        #expect(check(Array("straße/+".utf8), false) == .wildcard)
        #expect(check([0x61, 0xFF], true) == .illFormed)
        #expect(check([0x61, 0], true) == .illFormed)
        #expect(check([0x61, 0x0A], false) == .illFormed)
        #expect(check([0x61, 0x0A], true) == .valid)
        #expect(check([], true) == .empty)
        #expect(check([UInt8](repeating: 0x61, count: 65_535), false) == .valid)
    }
}
