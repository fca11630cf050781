/// Rows of cells in columns of equal width.
enum TextTable {
    /// Two spaces between columns, none at the end of a line.
    static func text(_ rows: [[String]], indent: String = "") -> String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            let line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
            return indent + line.reversed().drop { $0 == " " }.reversed() + "\n"
        }.joined()
    }
}
