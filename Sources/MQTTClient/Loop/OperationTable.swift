import ClientCore

/// Who waits for which operation. A number is used again with another generation, so that a late answer finds nobody.
struct OperationTable {
    private struct Row {
        var continuation: UnsafeContinuation<Outcome, Never>?
        var generation: UInt64 = 0
    }

    private var rows: [Row] = []
    private var free: [UInt32] = []

    /// A new operation, for which `continuation` waits.
    mutating func insert(_ continuation: UnsafeContinuation<Outcome, Never>) -> Operation {
        let index: Int
        if let reused = free.popLast() {
            index = Int(reused)
        } else {
            index = rows.count
            rows.append(Row())
        }
        rows[index].continuation = continuation
        rows[index].generation += 1
        return Operation(rows[index].generation << 32 | UInt64(index))
    }

    /// Who waits for it; nil: nobody any more.
    mutating func remove(_ operation: Operation) -> UnsafeContinuation<Outcome, Never>? {
        let index = Int(operation.number & 0xFFFF_FFFF)
        guard index < rows.count, rows[index].generation == operation.number >> 32, let continuation = rows[index].continuation
        else { return nil }
        rows[index].continuation = nil
        free.append(UInt32(index))
        return continuation
    }

    /// Everybody who waits.
    mutating func removeAll() -> [UnsafeContinuation<Outcome, Never>] {
        defer { (rows, free) = ([], []) }
        return rows.compactMap(\.continuation)
    }
}
