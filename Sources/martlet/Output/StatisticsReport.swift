/// Statistics as a table that is drawn over and over, as lines, or as JSON.
enum StatisticsReport: Equatable, Sendable {
    case table(Style)
    case lines
    case json

    init(_ arguments: Arguments) {
        self = arguments.has(.json) ? .json : Console.outputIsTerminal ? .table(Style(isColoured: Console.outputHasColour)) : .lines
    }

    func text(_ rows: [TopicStatistics.Row], total: TopicStatistics.Row, at time: Timestamp, screen: (rows: Int, columns: Int)) -> String {
        switch self {
        case .table(let style): Self.table(rows, total, style, screen)
        case .lines: rows.filter { $0.rate > 0 }.map { time.clock + "  " + Self.cells($0).joined(separator: "  ") + "\n" }.joined()
        case .json: rows.filter { $0.rate > 0 }.map { Self.json($0, time) + "\n" }.joined()
        }
    }

    private static func cells(_ row: TopicStatistics.Row) -> [String] {
        [
            PlainText.escaped(row.topic), Quantity.count(row.messages), Quantity.rate(row.rate) + "/s",
            Quantity.bytes(row.bytesRate) + "/s",
            PlainText.shortened(row.last, to: 48),
        ]
    }

    private static func json(_ row: TopicStatistics.Row, _ time: Timestamp) -> String {
        var object = JSONObject()
        object.add("time", time.utc)
        object.add("topic", row.topic)
        object.add("messages", row.messages)
        object.add("rate", row.rate, decimals: 1)
        object.add("bytes_per_second", row.bytesRate, decimals: 1)
        object.add("last", PlainText.shortened(row.last, to: 48))
        return object.closed
    }

    /// From the upper left corner on, each line cut to the width of the screen.
    private static func table(
        _ rows: [TopicStatistics.Row], _ total: TopicStatistics.Row, _ style: Style, _ screen: (rows: Int, columns: Int)
    ) -> String {
        let shown = rows.prefix(max(1, screen.rows - 4))
        let topicWidth = max(5, min(shown.map { PlainText.escaped($0.topic).count }.max() ?? 0, screen.columns - 48))
        func line(_ cells: [String]) -> String {
            let numbers = zip(cells[1...3], [12, 10, 12]).map { String(repeating: " ", count: max(0, $1 - $0.count)) + $0 }
            let topic = PlainText.clipped(cells[0], to: topicWidth)
            let whole = topic + String(repeating: " ", count: topicWidth - topic.count) + numbers.joined() + "  " + cells[4]
            return PlainText.clipped(whole, to: screen.columns)
        }
        var lines = [style.paint(line(["topic", "messages", "rate", "bytes", "last"]), .bold)] + shown.map { line(cells($0)) }
        if shown.count < rows.count { lines.append("\(Quantity.count(rows.count - shown.count)) topics more") }
        let sum = cells(total)
        lines.append(style.paint(line(["\(Quantity.count(rows.count)) topics", sum[1], sum[2], sum[3], ""]), .bold))
        return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }
}
