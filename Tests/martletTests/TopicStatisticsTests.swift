import Testing

@testable import martlet

@Suite("Statistics of topics")
struct TopicStatisticsTests {
    @Test("Messages add up, rates are those of the last interval, the busiest topic stands first")
    func rates() {
        var statistics = TopicStatistics()
        for _ in 0..<10 { statistics.count(topic: "a", payload: Array("12345".utf8)) }
        for _ in 0..<30 { statistics.count(topic: "b", payload: [0]) }
        let first = statistics.tick(seconds: 2)
        #expect(first.rows.map(\.topic) == ["b", "a"])
        #expect(first.rows.map(\.rate) == [15, 5])
        #expect(first.rows.map(\.bytesRate) == [15, 25])
        #expect(first.total.messages == 40)
        statistics.count(topic: "a", payload: [])
        let second = statistics.tick(seconds: 1)
        #expect(second.rows.map(\.topic) == ["a", "b"])
        #expect(second.rows.map(\.messages) == [11, 30])
        #expect(second.rows.map(\.rate) == [1, 0])
    }

    @Test("However many topics come, so many are kept; the others share a row")
    func bounded() {
        var statistics = TopicStatistics(limit: 100)
        for number in 0..<10_000 { statistics.count(topic: "t/\(number)", payload: [UInt8](repeating: 65, count: 1_000)) }
        #expect(statistics.topicCount == 100)
        let rows = statistics.tick(seconds: 1).rows
        #expect(rows.count == 101)
        #expect(rows.first?.topic == "(other topics)")
        #expect(rows.first?.messages == 9_900)
        #expect(rows.allSatisfy { $0.last.count <= 96 })
    }

    @Test("The table fits the screen, whatever topics and payloads hold")
    func table() {
        var statistics = TopicStatistics()
        for number in 0..<500 { statistics.count(topic: String(repeating: "long/\u{1B}", count: 40) + "\(number)", payload: [0, 255, 10]) }
        let (rows, total) = statistics.tick(seconds: 1)
        let text = StatisticsReport.table(Style(isColoured: false)).text(rows, total: total, at: .now, screen: (24, 80))
        let lines = text.split(separator: "\n").map {
            $0.replacing("\u{1B}[H", with: "").replacing("\u{1B}[K", with: "").replacing("\u{1B}[J", with: "")
        }
        #expect(lines.count <= 24)
        #expect(lines.allSatisfy { $0.count <= 80 && !$0.contains("\u{1B}") })
        #expect(lines.contains { $0.contains("480 topics more") })
        #expect(lines.contains { $0.contains("500 topics") })
    }

    @Test("In a pipe only topics with news have lines, as text and as JSON")
    func lines() {
        var statistics = TopicStatistics()
        statistics.count(topic: "quiet", payload: [])
        _ = statistics.tick(seconds: 1)
        statistics.count(topic: "a", payload: Array("x y".utf8))
        let (rows, total) = statistics.tick(seconds: 1)
        let time = Timestamp(seconds: 0, nanoseconds: 0)
        #expect(StatisticsReport.lines.text(rows, total: total, at: time, screen: (24, 80)) == "\(time.clock)  a  1  1.0/s  3 B/s  x y\n")
        #expect(
            StatisticsReport.json.text(rows, total: total, at: time, screen: (24, 80))
                == #"{"time":"1970-01-01T00:00:00.000Z","topic":"a","messages":1,"rate":1.0,"bytes_per_second":3.0,"last":"x y"}"# + "\n")
    }
}
