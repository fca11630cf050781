import Primitives

/// What waits in all queues of this shard, and how much of the broker's bound it has taken for that.
///
/// The bound is all shards' together. A shard takes of it in portions, so that it asks seldom.
struct QueuedUse: ~Copyable {
    private(set) var messages = 0
    private(set) var bytes = 0
    /// Of these, what waits for clients that are away.
    private(set) var offlineBytes = 0
    private var granted = 0
    private let common: SharedCounter
    private let shards: Int

    init(_ place: ShardPlace) {
        common = place.common.queuedBytes
        shards = place.count
    }

    /// Whether `size` bytes more may wait anywhere.
    mutating func hasRoom(_ size: Int, limit: Int) -> Bool {
        let missing = bytes + size - granted
        if missing <= 0 { return true }
        let portion = limit / (shards * 16)
        let wanted = missing < portion && common.take(portion, upTo: limit) ? portion : missing
        if wanted == missing, !common.take(missing, upTo: limit) { return false }
        granted += wanted
        return true
    }

    mutating func add(_ size: Int, isOffline: Bool = false) {
        messages += 1
        bytes += size
        if isOffline { offlineBytes += size }
        // What has been taken back from a client waits, whether or not there is room.
        if bytes > granted, common.take(bytes - granted, upTo: .max) { granted = bytes }
    }

    mutating func remove(_ size: Int, isOffline: Bool = false, limit: Int) {
        messages -= 1
        bytes -= size
        if isOffline { offlineBytes -= size }
        let portion = limit / (shards * 16)
        if granted - bytes > portion * 2 || bytes == 0 { giveBack(keeping: bytes == 0 ? 0 : portion) }
    }

    /// A client has gone for which `size` bytes wait.
    mutating func wentOffline(_ size: Int) { offlineBytes += size }

    /// A client is back for which `size` bytes wait.
    mutating func cameBack(_ size: Int) { offlineBytes -= size }

    /// The bound has changed.
    mutating func giveBack(keeping spare: Int = 0) {
        common.give(granted - bytes - spare)
        granted = bytes + spare
    }
}
