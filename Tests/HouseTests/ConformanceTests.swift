import Testing

@Suite("Every normative statement is proved or answered")
struct ConformanceTests {
    @Test("Each statement has a test or a reason for each end it binds, and Conformance.md is current")
    func check() throws {
        let result = try Repository.run("python3", "scripts/conformance.py", "--check")
        #expect(result.status == 0, "\(result.output)")
    }
}
