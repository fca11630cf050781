import Testing

@testable import martlet

@Suite("What the system allows")
struct ProcessLimitsTests {
    @Test("A few connections have room")
    func few() throws {
        try ProcessLimits.makeRoom(for: 10)
    }

    @Test("Too many are refused with what to do")
    func many() {
        let failure = #expect(throws: Failure.self) { try ProcessLimits.makeRoom(for: 900_000_000) }
        #expect(failure?.message?.contains("run with fewer clients") == true)
    }
}
