import MQTTClient
import Testing

@testable import martlet

@Suite("The formats of -F")
struct FormatStringTests {
    private let delivery = Delivery(
        topic: "a/b", payload: Array("hi \"x\"".utf8), qos: .atLeastOnce, retain: true,
        properties: MessageProperties(
            contentType: "text/plain", isText: true, expirySeconds: 100, responseTopic: "r/t", correlationData: Array("cd".utf8),
            userProperties: [UserProperty("k1", "v1"), UserProperty("k2", "v2")]),
        time: Timestamp(seconds: 1_769_852_858, nanoseconds: 1_234_567))

    private func text(_ format: String, _ delivery: Delivery? = nil) throws -> String {
        String(decoding: try FormatString(format).bytes(delivery ?? self.delivery), as: UTF8.self)
    }

    @Test(
        "Each sequence is what mosquitto_sub makes of it",
        arguments: [
            ("%t %q %r %l %p", "a/b 1 1 6 hi \"x\""), ("%x|%X", "686920227822|686920227822"),
            ("%C|%D|%E|%F|%P|%R", "text/plain|cd|100|1|k1:v1 k2:v2|r/t"),
            ("%U @N", "1769852858.001234567 001234567"), ("%%@@\\\\", "%@\\"), ("\\n\\t\\0\\a\\e\\r\\v", "\n\t\0\u{07}\u{1B}\r\u{0B}"),
            ("%10t|%-10t|%.2t|%010l|%10l|%3x", "       a/b|a/b       |a/|0000000006|         6|686920227822"), ("%A%m", "0"),
            ("é%té", "éa/bé"),
        ])
    func sequences(format: String, expected: String) throws {
        #expect(try text(format) == expected)
    }

    @Test("A property that is absent is nothing")
    func absent() throws {
        #expect(try text("%C%D%E%F%P%R%S", Delivery(topic: "t", payload: [], time: .now)) == "")
    }

    @Test("A payload that is not text passes as it is")
    func bytes() throws {
        #expect(try FormatString("<%p>").bytes(Delivery(topic: "t", payload: [0xFF, 0], time: .now)) == [0x3C, 0xFF, 0, 0x3E])
    }

    @Test("%j quotes the payload, %J takes it as JSON, both with mosquitto's names")
    func json() throws {
        let names = #""topic":"a/b","qos":1,"retain":1,"payloadlen":6,"properties":{"content-type":"text/plain","correlation-data":"cd","#
        #expect(try text("%j").contains(names))
        #expect(try text("%j").hasSuffix(#""user-properties":{"k1":"v1","k2":"v2"},"message-expiry-interval":100},"payload":"hi \"x\""}"#))
        #expect(try text("%J", Delivery(topic: "t", payload: Array(#"{"a":1.50}"#.utf8), time: .now)).hasSuffix(#""payload":{"a":1.50}}"#))
        #expect(try text("%J").hasSuffix(#""payload":null}"#))
    }

    @Test("Times are those of strftime(3), and ISO 8601")
    func time() throws {
        #expect(try text("@Y-@m") == delivery.time.local("%Y-%m"))
        #expect(try text("%I") == delivery.time.local("%Y-%m-%dT%H:%M:%S%z"))
        #expect(delivery.time.utc == "2026-01-31T09:47:38.001Z")
    }

    @Test("An unknown sequence is refused, naming the known ones", arguments: ["%Z", "%", "%5", "\\q", "\\", "@"])
    func unknown(format: String) {
        #expect {
            try FormatString(format)
        } throws: { error in
            (error as? Failure)?.status == .wrongUsage && (error as? Failure)?.message?.hasPrefix("-F: ") == true
        }
    }
}
