import Primitives

/// The disk as the tick sees it: a thread that takes what it is given at once and never makes a loop wait.
///
/// The defaults are those of a shard that keeps nothing.
public protocol StoragePort: ~Copyable {
    /// Nanoseconds to add to `now` for the time on the wall, which may have been set since; nil: nothing is kept.
    var wallOffset: Int64? { get }
    /// Makes a batch durable after all that any shard has given before. Numbers count up from 1.
    mutating func commit(_ batch: WriteBatch, number: UInt64)
    /// Reads messages, as they are when everything given before is applied.
    mutating func load(_ request: LoadRequest)
    /// Appends what has been done since the last time; the shard is woken when there is something.
    mutating func drain(into reports: inout [StorageReport])
}

/// What the storage has done for one shard.
public enum StorageReport: Sendable {
    /// The shard's batches up to this one are durable.
    case committed(UInt64)
    case loaded(LoadedMessages)
}

extension StoragePort where Self: ~Copyable {
    public var wallOffset: Int64? { nil }
    public mutating func commit(_ batch: WriteBatch, number: UInt64) { preconditionFailure("nothing is kept") }
    public mutating func load(_ request: LoadRequest) { preconditionFailure("nothing is kept") }
    public mutating func drain(into reports: inout [StorageReport]) {}
}
