import Testing

@Suite("The reader of sources")
struct SwiftSourceTests {
    @Test("Comments and strings are blanked out, interpolations stay, lines keep their numbers")
    func blanking() {
        let text = #"let a = "try! \(first(x)) b" // try! c"# + "\n/* d\n/* e */ */ let f = 1"
        let code = SwiftSource(path: "Sources/A/A.swift", text: text).code
        #expect(code.count == text.count)
        #expect(!code.contains("try!") && code.contains("(first(x))") && code.contains("let f = 1") && !code.contains("d"))
    }

    @Test("Raw and multi-line strings end where they end")
    func strings() {
        let text = ##"let a = #"say "x!" \n"#; let b = c"## + "\nlet d = \"\"\"\n  \"e!\" \\\"\"\"\n  \"\"\"; let f = g"
        let code = SwiftSource(path: "Sources/A/A.swift", text: text).code
        #expect(code.contains("let b = c") && code.contains("let f = g") && !code.contains("!"))
    }

    @Test("Imports are found in every form")
    func imports() {
        let text =
            "import A\n@testable import B\npublic import struct C.D\n@preconcurrency internal import E\n"
            + "// import F\n#if canImport(G)\n  import G\n#endif"
        #expect(SwiftSource(path: "Sources/X/X.swift", text: text).imports == ["A", "B", "C", "E", "G"])
    }
}
