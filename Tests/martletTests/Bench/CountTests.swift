import Testing

@testable import martlet

@Suite("Counts as people write them")
struct CountTests {
    @Test(
        "Thousands and millions",
        arguments: [("250", 250), ("1K", 1_000), ("1k", 1_000), ("2.5K", 2_500), ("1M", 1_000_000), ("250K", 250_000), ("0", 0)])
    func accepted(text: String, value: Int) {
        #expect(Count(text)?.value == value)
    }

    @Test("Anything else is none", arguments: ["", "K", "x", "-1", "+1", "1.5", "1KK", "1G", "2M1", "1e999", "nan", "inf", "9999999M"])
    func refused(text: String) {
        #expect(Count(text) == nil)
    }
}
