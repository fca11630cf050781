/// What may be retained: each topic has one publisher, which waits for the acknowledgement before it sends the next.
struct RetainedTopics {
    private struct Topic {
        var acknowledged: Publication?
        var underway: Publication?
        var hasClears = false
    }

    private var topics: [String: Topic] = [:]

    mutating func sent(_ publication: Publication) {
        topics[publication.topic, default: Topic()].underway = publication
        if publication.payload.isEmpty { topics[publication.topic]?.hasClears = true }
    }

    mutating func acknowledged(_ publication: Publication) {
        topics[publication.topic]?.acknowledged = publication
        topics[publication.topic]?.underway = nil
    }

    func isUnderway(_ topic: String) -> Bool { topics[topic]?.underway != nil }

    func hasClears(_ topic: String) -> Bool { topics[topic]?.hasClears ?? false }

    /// Topics of which a message must be there, whatever became of what is under way.
    var certain: Set<String> {
        Set(topics.filter { $0.value.acknowledged?.payload.isEmpty == false && $0.value.underway?.payload.isEmpty != true }.keys)
    }

    /// What a fresh subscriber was sent, by topic; returns what is wrong with it.
    func problem(in found: [String: [UInt8]]) -> String? {
        for (topic, payload) in found.sorted(by: { $0.key < $1.key }) {
            let state = topics[topic]
            guard payload == state?.acknowledged?.payload || payload == state?.underway?.payload else {
                return "retained of \(topic) is “\(Publication.key(in: payload) ?? "")”, the last one acknowledged is "
                    + "“\(state?.acknowledged?.key ?? "none")”, under way is “\(state?.underway?.key ?? "none")”"
            }
        }
        let missing = certain.sorted().first { found[$0] == nil }
        return missing.map { "nothing is retained of \($0), but “\(topics[$0]?.acknowledged?.key ?? "")” was acknowledged" }
    }
}
