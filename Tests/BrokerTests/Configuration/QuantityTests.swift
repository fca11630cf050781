import Testing

@testable import Broker

@Suite struct QuantityTests {
    @Test(
        "Sizes are read exactly",
        arguments: [
            ("0", 0), ("4096", 4096), ("12B", 12), ("1KiB", 1024), ("64MiB", 67_108_864), ("64 MiB", 67_108_864), ("1GiB", 1 << 30),
            ("2TiB", 2 << 40), ("10kB", 10_000), ("10KB", 10_000), ("3MB", 3_000_000), ("1GB", 1_000_000_000),
        ])
    func sizes(text: String, bytes: Int) { #expect(ByteSize.parse(text) == bytes) }

    @Test("Times are read exactly", arguments: [("90", 90), ("30s", 30), ("5m", 300), ("12h", 43_200), ("7d", 604_800)])
    func times(text: String, seconds: Int) { #expect(TimeSpan.parse(text) == seconds) }

    @Test(
        "Anything else is no quantity",
        arguments: ["", "MiB", "-1", "+1", "1.5MiB", "1M", "1mib", "1MiB ", " 1", "9223372036854775808", "１"])
    func refused(text: String) {
        #expect(ByteSize.parse(text) == nil)
        #expect(TimeSpan.parse(text) == nil)
    }

    @Test("What is written can be read again", arguments: [0, 1, 59, 60, 61, 1023, 1024, 3600, 65_536, 86_400, 1 << 40, 604_800])
    func roundTrip(number: Int) {
        #expect(ByteSize.parse(ByteSize.text(number)) == number)
        #expect(TimeSpan.parse(TimeSpan.text(number)) == number)
    }
}
