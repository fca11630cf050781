import Testing

@testable import martlet

@Suite("Who publishes where, and who reads it")
struct LayoutTests {
    private static let shapes = ["7-7-7", "10-3-10", "3-10-3", "10-4-2", "2-4-10", "1-5-1", "5-1-5"]

    @Test("Every message comes to as many subscribers as are expected to receive it", arguments: ["p2p", "fanin", "fanout"], shapes)
    func receivers(scenario: String, shape: String) throws {
        let layout = Layout(workload: try Workload(name: "\(scenario)-\(shape)-1K"), root: "r")
        for stream in 0..<layout.streams {
            let readers = (0..<layout.workload.subscribers).filter { subscriber in
                layout.filters(of: subscriber).contains { Self.matches(layout.topic(of: stream), $0) }
            }
            #expect(readers.count == layout.receivers(of: stream), "\(layout.topic(of: stream)) is read by \(readers)")
            #expect(!readers.isEmpty)
        }
    }

    @Test("On average they are as many as the rate was reckoned with", arguments: ["p2p", "fanin", "fanout", "sharedsub"], shapes)
    func average(scenario: String, shape: String) throws {
        let layout = Layout(workload: try Workload(name: "\(scenario)-\(shape)-1K"), root: "r")
        let topics = layout.workload.topics
        let sum = (0..<topics).reduce(0) { $0 + layout.receivers(of: $1) }
        #expect(abs(Double(sum) / Double(topics) - layout.workload.receiversPerMessage) < 1e-9)
    }

    @Test("All publishers publish, on all topics, and no stream is another's", arguments: shapes)
    func streams(shape: String) throws {
        let layout = Layout(workload: try Workload(name: "p2p-\(shape)-1K"), root: "r")
        let streams = 0..<layout.streams
        #expect(Set(streams.map(layout.publisher)).count == layout.workload.publishers)
        #expect(Set(streams.map(layout.topic)).count == layout.workload.topics)
        #expect(Set(streams.map { "\(layout.publisher(of: $0)) \(layout.topic(of: $0))" }).count == layout.streams)
    }

    @Test("A pair subscribes to its topic by name, as in the public suite")
    func exact() throws {
        let layout = Layout(workload: try Workload(name: "p2p-3-3-3-3"), root: "r")
        #expect((0..<3).allSatisfy { layout.filters(of: $0) == [layout.topic(of: $0)] })
    }

    @Test("A Shared Subscription is one filter of all")
    func shared() throws {
        let layout = Layout(workload: try Workload(name: "sharedsub-4-2-4-1K"), root: "r/x")
        #expect(layout.filters(of: 0) == ["$share/bench/r/x/#"])
        #expect(layout.filters(of: 0) == layout.filters(of: 1))
        #expect(layout.receivers(of: 3) == 1)
    }

    /// Filters here are names, or end in `/#`.
    private static func matches(_ topic: String, _ filter: String) -> Bool {
        filter.hasSuffix("/#") ? topic.hasPrefix(filter.dropLast()) : topic == filter
    }
}
