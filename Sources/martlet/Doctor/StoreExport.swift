import BrokerRecords
import Storage

/// A store as lines of JSON, a row a line.
enum StoreExport {
    struct Result: Equatable {
        var rows = 0
        /// Rows that are none, and were left out.
        var problems: [Finding] = []
    }

    private static let bufferBytes = 262_144

    /// - Parameter write: gets many lines at once
    static func run(
        _ store: borrowing some KeyValueStore & ~Copyable, _ progress: inout RowProgress,
        _ write: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) -> Result {
        var result = Result()
        var lines = Array((BrokerRow.header + "\n").utf8)
        var failure: Failure?
        for table in BrokerRow.tables {
            try store.forEachRow(of: table, &progress) { key, value throws(StorageError) in
                guard failure == nil else { return }
                do throws(RowProblem) {
                    lines += try BrokerRow(table, key, value).json.utf8
                    lines.append(UInt8(ascii: "\n"))
                    result.rows += 1
                } catch {
                    result.problems.append(Finding(table, Array(key), error.words))
                }
                guard lines.count >= bufferBytes else { return }
                do throws(Failure) { try write(lines) } catch { failure = error }
                lines.removeAll(keepingCapacity: true)
            }
            if let failure { throw failure }
        }
        try write(lines)
        return result
    }
}
