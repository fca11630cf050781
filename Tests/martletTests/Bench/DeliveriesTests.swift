import Testing

@testable import martlet

@Suite("What has come to the subscribers")
struct DeliveriesTests {
    private let deliveries = Deliveries(window: 1_000..<2_000)

    @Test("Latency counts from when a message was due, whatever held it up")
    func latency() {
        deliveries.note(.inOrder, due: 1_100, at: 1_150, subscriber: 0)
        deliveries.note(.inOrder, due: 1_200, at: 1_200 + 900_000, subscriber: 9)
        let counts = deliveries.counts
        #expect(counts.delivered == 2)
        #expect(counts.latency.maximum == 900_000)
        #expect(counts.latency.percentile(50) == 50)
        #expect(counts.lastArrival == 901_200)
    }

    @Test("What is due in the warm-up or after the end does not count")
    func window() {
        for due in [0, 999, 2_000] as [UInt64] { deliveries.note(.late, due: due, at: 3_000, subscriber: 1) }
        let counts = deliveries.counts
        #expect((counts.received, counts.delivered, counts.outOfOrder) == (3, 0, 0))
        #expect(counts.latency.count == 0)
    }

    @Test("Duplicates and order violations are counted apart, and a duplicate is no delivery")
    func anomalies() {
        for arrival in [.inOrder, .late, .duplicate, .duplicate] as [SequenceTracker.Arrival] {
            deliveries.note(arrival, due: 1_500, at: 1_600, subscriber: 3)
        }
        deliveries.noteForeign(subscriber: 3)
        let counts = deliveries.counts
        #expect((counts.delivered, counts.duplicates, counts.outOfOrder, counts.foreign) == (2, 2, 1, 1))
        #expect(deliveries.progress == (4, 2))
    }

    @Test("Among the members of a Shared Subscription a message that two of them get is a duplicate")
    func shared() {
        let streams = SharedStreams()
        #expect(streams.note(MessageStamp(due: 0, stream: 1, sequence: 0)) == .inOrder)
        #expect(streams.note(MessageStamp(due: 0, stream: 2, sequence: 0)) == .inOrder)
        #expect(streams.note(MessageStamp(due: 0, stream: 1, sequence: 0)) == .duplicate)
    }
}
