import Testing

@testable import martlet

@Suite("Latency histogram")
struct LatencyHistogramTests {
    @Test("Every duration from a nanosecond to an hour is told within 1 in 128, and never too short")
    func error() {
        var value: UInt64 = 1
        while value < LatencyHistogram.longest {
            var histogram = LatencyHistogram()
            histogram.record(value)
            histogram.record(LatencyHistogram.longest)
            let told = histogram.percentile(50)
            #expect(told >= value && told - value <= value / 128, "\(value) was told as \(told)")
            value += value / 7 + 1
        }
    }

    @Test("Percentiles are those of the durations recorded")
    func percentiles() {
        var histogram = LatencyHistogram()
        for millisecond in 1...1_000 { histogram.record(UInt64(millisecond) * 1_000_000) }
        for (percent, expected) in [(50.0, 500.0), (90, 900), (99, 990), (99.9, 999), (100, 1_000)] {
            let told = Double(histogram.percentile(percent)) / 1e6
            #expect(abs(told - expected) <= expected / 100, "p\(percent): \(told) ms")
        }
        #expect(histogram.maximum == 1_000_000_000)
        #expect(histogram.count == 1_000)
    }

    @Test("The longest one is exact, even beyond what is told apart")
    func maximum() {
        var histogram = LatencyHistogram()
        histogram.record(123_456_789)
        #expect(histogram.percentile(100) == 123_456_789)
        histogram.record(.max)
        #expect(histogram.maximum == .max)
        #expect(histogram.count == 2)
    }

    @Test("Adding two is as recording into one")
    func adding() {
        var (first, second, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value in stride(from: UInt64(10), to: 10_000_000, by: 77_777) {
            if value.isMultiple(of: 2) { first.record(value) } else { second.record(value) }
            both.record(value)
        }
        first.add(second)
        first.add(LatencyHistogram())
        #expect(first == both)
    }

    @Test("None recorded: 0")
    func empty() {
        #expect(LatencyHistogram().percentile(99) == 0)
    }
}
