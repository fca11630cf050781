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
    public var persistence = PersistenceConfiguration()
    public var log = LogConfiguration()

    public init() {}
}

/// What survives the process, and where it lies.
public struct PersistenceConfiguration: Hashable, Sendable {
    /// The directory for sessions, their messages and Retained Messages; empty: they are in memory only.
    public var directory = ""
    public var durability = Durability.strict
    /// Between two commits when `relaxed`.
    public var commitMilliseconds: Int64 = 200
    public var damagedStore = DamagedStorePolicy.setAside

    /// Whether anything is kept.
    public var isOn: Bool { !directory.isEmpty && durability != .none }

    public init() {}
}

/// What to do with a data directory that cannot be read.
public enum DamagedStorePolicy: String, CaseIterable, Sendable {
    /// Keep it under another name, say so, and begin with an empty one.
    case setAside = "set-aside"
    /// Do not start.
    case refuse
}

/// What is written to standard error, and how.
public struct LogConfiguration: Hashable, Sendable {
    /// Events below are not written.
    public var level = LogLevel.notice
    public var format = LogFormat.auto

    public init() {}
}
