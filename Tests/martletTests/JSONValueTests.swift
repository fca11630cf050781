import Testing

@testable import martlet

@Suite("JSON that is read")
struct JSONValueTests {
    private func read(_ text: String) throws -> JSONValue { try JSONValue(Array(text.utf8)) }

    @Test("Values of every kind; numbers as they were written")
    func values() throws {
        #expect(
            try read(#" { "a" : [ 1 , -2.50e+3, 18446744073709551615 ] , "b":{}, "c":[], "d":null,"e":true,"f":false} "#)
                == .object([
                    "a": .array([.number("1"), .number("-2.50e+3"), .number("18446744073709551615")]), "b": .object([:]), "c": .array([]),
                    "d": .null, "e": .bool(true), "f": .bool(false),
                ]))
        #expect(try read(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#) == .string("\"\\/\u{8}\u{c}\n\r\té😀é"))
    }

    @Test("Whatever is quoted is read again", arguments: ["", "a\"b\\c\n\r\t\u{0}\u{1F}\u{7F}", "\r\n", "é", "e\u{301}", "😀\u{FFFE}"])
    func quoted(text: String) throws {
        let value = try read(JSONObject.quoted(text))
        guard case .string(let found) = value else {
            Issue.record("\(value)")
            return
        }
        #expect(Array(found.utf8) == Array(text.utf8))
    }

    @Test(
        "What is none is refused, and where",
        arguments: [
            ("", 0, "a value"), ("{\"a\":1,\"a\":2}", 7, "each name once"), ("[1 2]", 3, "a comma or ]"), ("{\"a\" 1}", 5, "a colon"),
            ("{a:1}", 1, "a name in quotes"), ("[01]", 1, "a value"), ("1 2", 2, "the end of the line"),
            ("\"a", 2, "the quote that ends the text"),
            ("\"\\x\"", 2, "one of \" \\ / b f n r t u"), ("\"\\u12g4\"", 3, "four hexadecimal digits"),
            ("\"\\ud800\"", 7, "the other half of a character"), ("\"\\udc00\"", 7, "a character"),
            ("\"\u{1}\"", 1, "a control character as \\u00…"),
            ("tru", 0, "a value"),
        ])
    func invalid(text: String, offset: Int, expected: String) {
        #expect(throws: JSONValue.Problem(offset: offset, expected: expected)) { try read(text) }
    }

    @Test("Nesting is bounded, and bytes that are not UTF-8 are none")
    func bounds() {
        #expect(throws: JSONValue.Problem.self) { try read(String(repeating: "[", count: 100_000)) }
        #expect(throws: JSONValue.Problem(offset: 1, expected: "UTF-8")) { try JSONValue([0x22, 0xFF, 0x22]) }
    }

    @Test("Base64 comes back, and only in its one form", arguments: 0..<70)
    func base64(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
        #expect(Base64.decoded(Base64.encoded(bytes)) == bytes)
        #expect(count > 0 || ["A", "AA", "AA=A", "A===", "AB==", "AA\n=", "====", "AA==AAAA"].allSatisfy { Base64.decoded($0) == nil })
    }

    @Test(
        "Moments come back, to the nanosecond, and are those of the calendar",
        arguments: [0, 1, -1, 1_800_000_000_123_456_789, .max, .min] as [Int64])
    func moments(nanoseconds: Int64) {
        let text = Timestamp(since1970: nanoseconds).exact
        #expect(Timestamp(text)?.since1970 == nanoseconds, "\(text)")
    }

    @Test("What is no moment is none")
    func wrongMoments() {
        let wrong = [
            "", "2026-02-30T00:00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
            "+026-01-01T00:00:00Z", "2026-01-01T00:00:00.1234567890Z",
        ]
        for text in wrong { #expect(Timestamp(text) == nil, "\(text)") }
        #expect(Timestamp("2027-01-15T08:00:00Z")?.since1970 == SampleStore.now)
        #expect(Timestamp("2027-01-15T08:00:00.5Z")?.since1970 == SampleStore.now + SampleStore.second / 2)
    }
}
