/// How often each duration came, in nanoseconds: in bounded memory, with a relative error below 1 in 128.
///
/// Between two powers of two stand 128 counters, as in an HDR histogram; what is longer than `longest` is counted with it, though `maximum`
/// is exact.
struct LatencyHistogram: Equatable {
    /// 73 minutes: no run lasts longer.
    static let longest: UInt64 = 1 << 42

    private(set) var count = 0
    private(set) var maximum: UInt64 = 0
    private var counters: [Int] = []

    private static let precision = 7
    private static let counterCount = index(of: longest) + 1

    mutating func record(_ nanoseconds: UInt64) {
        // Most histograms of a run stay empty.
        if counters.isEmpty { counters = Array(repeating: 0, count: Self.counterCount) }
        counters[Self.index(of: min(nanoseconds, Self.longest))] += 1
        count += 1
        maximum = max(maximum, nanoseconds)
    }

    mutating func add(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        if counters.isEmpty { counters = Array(repeating: 0, count: Self.counterCount) }
        for (index, number) in other.counters.enumerated() where number > 0 { counters[index] += number }
        count += other.count
        maximum = max(maximum, other.maximum)
    }

    /// The duration that `percent` of all do not exceed, in nanoseconds; 0 when there are none.
    func percentile(_ percent: Double) -> UInt64 {
        let wanted = max(1, Int((percent / 100 * Double(count)).rounded(.up)))
        var seen = 0
        for (index, number) in counters.enumerated() where number > 0 {
            seen += number
            if seen >= wanted { return min(maximum, Self.highest(at: index)) }
        }
        return maximum
    }

    private static func index(of value: UInt64) -> Int {
        let shift = max(0, value.bitWidth - value.leadingZeroBitCount - precision - 1)
        return shift << precision + Int(value >> UInt64(shift))
    }

    /// The longest duration that is counted there.
    private static func highest(at index: Int) -> UInt64 {
        let shift = max(0, index >> precision - 1)
        return UInt64(index - shift << precision + 1) << UInt64(shift) - 1
    }
}
