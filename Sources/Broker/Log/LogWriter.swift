/// Writes structured events to standard error, on a thread of its own: no call here waits for the terminal or the disk.
public final class LogWriter: Sendable {
    public init(configuration: LogConfiguration) {}

    /// Takes another level and format from now on.
    public func apply(_ configuration: LogConfiguration) {}
    /// Whether an event of this level is written at all.
    public func writes(_ level: LogLevel) -> Bool { false }

    public func log(_ level: LogLevel, _ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) {}
    public func error(_ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) { log(.error, event, fields()) }
    public func warning(_ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) { log(.warning, event, fields()) }
    public func notice(_ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) { log(.notice, event, fields()) }
    public func info(_ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) { log(.info, event, fields()) }
    public func debug(_ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) { log(.debug, event, fields()) }

    /// Writes what is queued, waiting at most two seconds for it.
    public func close() {}
}
