import Testing

@Suite("Every normative statement is proved or answered")
struct ConformanceTests {
    @Test("Each statement that binds a server has a test or a reason, and Conformance.md is current")
    func check() throws {
        let result = try Repository.run("python3", "scripts/conformance.py", "--check")
        #expect(result.status == 0, "\(result.output)")
    }
}
