import Testing

@testable import martlet

@Suite("JSON, indented anew")
struct JSONTextTests {
    private func indented(_ text: String) -> String? { JSONText.indented(Array(text.utf8), style: Style(isColoured: false)) }

    @Test("Names, order and numbers stay as they came; only space changes")
    func order() {
        #expect(
            indented(#" {"b" :1.0e+05 , "a":[true,null,{"c":"\u00e9\"é"}],"a":-0.10} "#) == """
                {
                  "b": 1.0e+05,
                  "a": [
                    true,
                    null,
                    {
                      "c": "\\u00e9\\"é"
                    }
                  ],
                  "a": -0.10
                }
                """)
        #expect(indented("[]") == "[]")
        #expect(indented("{ }") == "{}")
    }

    @Test(
        "What is not JSON is left alone",
        arguments: [
            "", "{", "[1,]", "{\"a\"}", "{a:1}", "[01]", "[1.]", "[+1]", "[\"\t\"]", "[\"\\x\"]", "[\"\\u12g4\"]", "[1] 2", "text", "12",
            "[nul]", "{\"a\":1,}",
        ])
    func invalid(text: String) {
        #expect(indented(text) == nil)
    }

    @Test("Nesting is bounded")
    func depth() {
        #expect(indented(String(repeating: "[", count: 100) + String(repeating: "]", count: 100)) != nil)
        #expect(indented(String(repeating: "[", count: 100_000)) == nil)
    }

    @Test("Bytes that are not UTF-8 are no JSON")
    func bytes() {
        #expect(JSONText.indented([0x5B, 0x22, 0xFF, 0x22, 0x5D], style: Style(isColoured: false)) == nil)
    }

    @Test("Colours stand around names and values, and change nothing else")
    func colours() {
        let coloured = JSONText.indented(Array(#"{"a":1}"#.utf8), style: Style(isColoured: true))
        #expect(coloured == "{\n  \u{1B}[34m\"a\"\u{1B}[0m: \u{1B}[33m1\u{1B}[0m\n}")
    }
}
