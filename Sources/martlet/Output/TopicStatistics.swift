/// What came, topic by topic, for so many topics that memory and screen stay bounded.
struct TopicStatistics: Sendable {
    struct Topic: Sendable {
        var messages = 0
        var bytes = 0
        /// Since the last `tick`.
        var recentMessages = 0
        var recentBytes = 0
        /// The beginning of the last payload.
        var last: [UInt8] = []
    }

    struct Row: Equatable, Sendable {
        let topic: String
        let messages: Int
        /// Each second, since the tick before.
        let rate: Double
        let bytesRate: Double
        let last: [UInt8]
    }

    /// Topics that get rows of their own; the others share one.
    private let limit: Int
    private var topics: [String: Topic] = [:]
    private(set) var others = Topic()
    private(set) var total = Topic()

    static let beginning = 96

    init(limit: Int = 1_000) { self.limit = limit }

    var topicCount: Int { topics.count }

    mutating func count(topic: String, payload: [UInt8]) {
        total.count(payload)
        if topics[topic] == nil, topics.count >= limit {
            others.count(payload)
        } else {
            topics[topic, default: Topic()].count(payload)
        }
    }

    /// Ends an interval of `seconds`: what came in it, the busiest topics first.
    mutating func tick(seconds: Double) -> (rows: [Row], total: Row) {
        var rows = topics.map { Row($0.key, $0.value, seconds) }
        if others.messages > 0 { rows.append(Row("(other topics)", others, seconds)) }
        rows.sort { ($0.rate, $0.messages, $1.topic) > ($1.rate, $1.messages, $0.topic) }
        let all = Row("(all)", total, seconds)
        for topic in topics.keys { topics[topic]?.rest() }
        others.rest()
        total.rest()
        return (rows, all)
    }
}

extension TopicStatistics.Topic {
    fileprivate mutating func count(_ payload: [UInt8]) {
        messages += 1
        bytes += payload.count
        recentMessages += 1
        recentBytes += payload.count
        last = payload.count <= TopicStatistics.beginning ? payload : Array(payload.prefix(TopicStatistics.beginning))
    }

    fileprivate mutating func rest() {
        recentMessages = 0
        recentBytes = 0
    }
}

extension TopicStatistics.Row {
    fileprivate init(_ name: String, _ topic: TopicStatistics.Topic, _ seconds: Double) {
        self.init(
            topic: name, messages: topic.messages, rate: Double(topic.recentMessages) / seconds,
            bytesRate: Double(topic.recentBytes) / seconds,
            last: topic.last)
    }
}
