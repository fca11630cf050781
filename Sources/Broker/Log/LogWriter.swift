import Glibc
import Synchronization
import Transport

/// Writes structured events to standard error, on a thread of its own: no call here waits for the terminal or the disk.
public final class LogWriter: Sendable {
    private struct State {
        var queue = LogQueue()
        var configuration: LogConfiguration
        var isClosing = false
    }

    private let state: Locked<State>
    private let level: Atomic<UInt8>
    private let work = Semaphore()
    private let done = Semaphore()
    private let output: LogOutput
    private let wallClock: @Sendable () -> Int64

    /// - Parameter wallClock: nanoseconds since 1970-01-01T00:00:00Z.
    public convenience init(
        configuration: LogConfiguration, wallClock: @escaping @Sendable () -> Int64 = { Clock.system.wallNanoseconds() }
    ) {
        self.init(configuration: configuration, output: .standardError, wallClock: wallClock)
    }

    init(configuration: LogConfiguration, output: LogOutput, wallClock: @escaping @Sendable () -> Int64) {
        state = Locked(State(configuration: configuration))
        level = Atomic(configuration.level.rawValue)
        self.output = output
        self.wallClock = wallClock
        startThread()
    }

    /// Takes another level and format from now on.
    public func apply(_ configuration: LogConfiguration) {
        state.withLock { $0.configuration = configuration }
        level.store(configuration.level.rawValue, ordering: .relaxed)
    }

    /// Whether an event of this level is written at all.
    public func writes(_ level: LogLevel) -> Bool { level.rawValue <= self.level.load(ordering: .relaxed) }

    /// Queues one line. `fields` is not evaluated if the level is not written.
    public func log(_ level: LogLevel, _ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) {
        guard writes(level) else { return }
        let fields = fields()
        // The time is read where only one thread is, so that lines of several are in the order of their times.
        let wakesWriter = state.withLock {
            $0.queue.append(LogRecord(wallNanoseconds: wallClock(), level: level, event: event, fields: fields))
        }
        if wakesWriter { work.signal() }
    }

    public func error(_ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) { log(.error, event, fields()) }
    public func warning(_ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) { log(.warning, event, fields()) }
    public func notice(_ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) { log(.notice, event, fields()) }
    public func info(_ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) { log(.info, event, fields()) }
    public func debug(_ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) { log(.debug, event, fields()) }

    /// Writes what is queued, waiting at most two seconds for it; nothing is written afterwards.
    public func close() {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        guard isFirst else { return }
        work.signal()
        _ = done.wait(seconds: 2)
    }

    private func startThread() {
        // Signals are for the broker's own thread: this one inherits a mask that lets none through.
        var (every, before) = (sigset_t(), sigset_t())
        sigfillset(&every)
        pthread_sigmask(SIG_SETMASK, &every, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

        do throws(TransportError) {
            _ = try Thread(name: "log") { self.writeUntilClosed() }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private func writeUntilClosed() {
        var isClosing = false
        var hasSuppressed = false
        while !isClosing {
            // Only counts of suppressed lines have to be said although nothing wakes this thread.
            if hasSuppressed { _ = work.wait(seconds: 1) } else { work.wait() }
            let now = wallClock()
            let (records, configuration) = state.withLock { state in
                isClosing = state.isClosing
                defer { hasSuppressed = state.queue.hasSuppressed }
                return (state.queue.take(at: now, all: isClosing), state.configuration)
            }
            output.write(records, as: configuration.format)
        }
        done.signal()
    }
}
