import BrokerCore
import Transport

/// Everything a broker is told at its start: what it decides by, where it listens, what it writes down.
///
/// A value without meaning of its own: `EffectiveConfiguration` makes it from the defaults, a file and the command line.
public struct BrokerConfiguration: Hashable, Sendable {
    /// Bounds and choices of the core; may change while the broker runs.
    public var options = BrokerOptions()
    /// Where clients connect; never empty.
    public var listeners = [ListenerConfiguration()]
    /// Event loops, each with its own thread, 1 to 64; at first as many as there are processors this process may use.
    public var loops = min(Processors.allowed.count, ShardPlace.maximumCount)
    /// Each loop stays on one processor.
    public var pinLoops = false
    /// Fixes which clients share an event loop, for measuring; 0: drawn anew at each start.
    public var placementSeed = 0
    /// Where sessions and Retained Messages are kept; nil: in memory only.
    public var dataDirectory: String?
    public var log = LogConfiguration()

    public init() {}
}

/// What is written to standard error, and how.
public struct LogConfiguration: Hashable, Sendable {
    /// Events below are not written.
    public var level = LogLevel.notice
    public var format = LogFormat.auto

    public init() {}
}
