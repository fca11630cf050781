import MQTTCodec
import Testing

@testable import ClientCore

@Suite("Messages as they are stored")
struct StoredContentTests {
    @Test("What is stored is what is read", arguments: QoS.allCases)
    func roundTrip(qos: QoS) {
        let publication = Publication(
            topic: "a/é", payload: [0, 1, 255], qos: qos, retain: qos == .atLeastOnce,
            properties: PropertyList([.contentType(UTF8Text("t")), .userProperty(UTF8Text("a"), UTF8Text("\u{1}"))]))
        #expect(StoredContent.decode(StoredContent.encode(publication)) == publication)
    }

    @Test("What is cut, longer, or of another form is not read as a message")
    func broken() {
        let content = StoredContent.encode(Publication(topic: "a", payload: [1], qos: .atLeastOnce))
        #expect(StoredContent.decode([]) == nil && StoredContent.decode([2] + content.dropFirst()) == nil)
        #expect(StoredContent.decode(content + [0]) == nil)
        for length in 0..<content.count { #expect(StoredContent.decode(Array(content.prefix(length))) == nil) }
    }
}
