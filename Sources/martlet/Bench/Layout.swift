/// Who publishes on which topic, and who reads it.
///
/// A *stream* is one publisher on one topic, within which MQTT promises order: as many as there are topics, or publishers if those are more.
struct Layout: Sendable {
    let workload: Workload
    /// Above all topics of this run and of no other.
    let root: String

    var streams: Int { max(workload.publishers, workload.topics) }

    func publisher(of stream: Int) -> Int { stream % workload.publishers }

    func topic(of stream: Int) -> String { topic(number: stream % workload.topics) }

    /// What each of the subscribers subscribes to.
    func filters(of subscriber: Int) -> [String] {
        switch workload.scenario {
        case .fanOut: (0..<workload.topics).map(topic(number:))
        case .shared: ["$share/bench/\(root)/#"]
        case .pointToPoint, .fanIn:
            workload.topics > groups ? ["\(root)/\(subscriber)/#"] : [topic(number: subscriber % groups)]
        case .connections, .retainedStorm, .offlineDrain: ["\(root)/#"]
        }
    }

    /// Subscribers that receive a message of this stream.
    func receivers(of stream: Int) -> Int {
        switch workload.scenario {
        case .shared, .connections: 1
        case .fanOut, .retainedStorm, .offlineDrain: workload.subscribers
        case .pointToPoint, .fanIn:
            (workload.subscribers - stream % workload.topics % groups + groups - 1) / groups
        }
    }

    /// Topics are divided among so many groups of subscribers: one for each subscriber, unless there are fewer topics.
    private var groups: Int { min(workload.subscribers, workload.topics) }

    private func topic(number: Int) -> String {
        switch workload.scenario {
        case .pointToPoint, .fanIn: "\(root)/\(number % groups)/\(number)"
        default: "\(root)/\(number)"
        }
    }
}
