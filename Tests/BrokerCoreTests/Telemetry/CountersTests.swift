import Testing

@testable import BrokerCore

@Suite("Counters")
struct CountersTests {
    @Test("Each reason counts for itself, under a name of its own")
    func reasons() {
        var counters = DropCounters()
        for (i, reason) in DropReason.allCases.enumerated() { counters[reason] += UInt64(i + 1) }
        for (i, reason) in DropReason.allCases.enumerated() { #expect(counters[reason] == UInt64(i + 1)) }
        #expect(counters.total == UInt64(DropReason.allCases.count * (DropReason.allCases.count + 1) / 2))
        #expect(Set(DropReason.allCases.map(\.name)).count == DropReason.allCases.count)
        #expect(counters != DropCounters())
    }
}
