/// The lines that wait for the writer's thread, bounded; what finds no room is counted.
struct LogQueue: Sendable {
    /// Lines that may wait.
    static let capacity = 4_096

    private var records: [LogRecord] = []
    private var limit = LogRateLimit()
    private var dropped = 0

    /// Whether the writer has something to do now.
    private(set) var isIdle = true

    /// Takes one event. The answer is whether the writer must be woken.
    mutating func append(_ record: LogRecord) -> Bool {
        switch limit.admit(record.event, at: record.wallNanoseconds) {
        case .suppress: return false
        case .write(let suppressed):
            guard records.count < Self.capacity else {
                dropped += 1
                return false
            }
            let count = suppressed > 0 ? [LogField.number("suppressed", suppressed)] : []
            records.append(
                LogRecord(
                    wallNanoseconds: record.wallNanoseconds, level: record.level, event: record.event,
                    fields: record.fields + count))
            defer { isIdle = false }
            return isIdle
        }
    }

    /// Everything to write at `now`, in order, with what was left out; `all` at the end, when nothing more comes.
    mutating func take(at now: Int64, all: Bool = false) -> [LogRecord] {
        var taken = records
        records = []
        isIdle = true
        if dropped > 0 {
            let fields = [LogField.reason("the log's queue was full"), .number("lines", dropped)]
            taken.append(LogRecord(wallNanoseconds: now, level: .warning, event: .logLinesDropped, fields: fields))
            dropped = 0
        }
        for (event, suppressed) in limit.takeOverdue(at: now, all: all) {
            let fields = [LogField.number("suppressed", suppressed)]
            taken.append(LogRecord(wallNanoseconds: now, level: .warning, event: event, fields: fields))
        }
        return taken
    }

    /// Whether something will have to be said although no event comes any more.
    var hasSuppressed: Bool { limit.hasSuppressed }
}
