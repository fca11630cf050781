/// What one shard counts, or all together: what `$SYS` is made of.
struct Figures: BitwiseCopyable {
    var counters = Counters()
    var sessions = 0
    var connected = 0
    var messagesStored = 0
    var bytesStored = 0
    var messagesQueued = 0
    var bytesQueued = 0
    /// Of these, what waits for clients that are away.
    var bytesOffline = 0
    var subscriptions = 0
    var sharedSubscriptions = 0
    /// Changes the disk was asked for and has not confirmed.
    var bytesUncommitted = 0
    /// Batches of changes it has confirmed.
    var commits: UInt64 = 0

    /// Those of another shard come to these.
    mutating func add(_ other: Figures) {
        counters.add(other.counters)
        sessions += other.sessions
        connected += other.connected
        messagesStored += other.messagesStored
        bytesStored += other.bytesStored
        messagesQueued += other.messagesQueued
        bytesQueued += other.bytesQueued
        bytesOffline += other.bytesOffline
        subscriptions += other.subscriptions
        sharedSubscriptions += other.sharedSubscriptions
        bytesUncommitted += other.bytesUncommitted
        commits += other.commits
    }
}

extension BrokerCore {
    /// Of this shard. Retained Messages are counted by the first shard alone, since every shard has them all.
    var figures: Figures {
        var figures = Figures()
        let isFirst = place.index == 0
        figures.counters = counters
        figures.sessions = sessions.count
        figures.connected = connectedCount
        figures.messagesStored = messages.storedCount - (isFirst ? 0 : retained.count)
        figures.bytesStored = messages.storedBytes - (isFirst ? 0 : retained.bytes)
        figures.messagesQueued = queued.messages
        figures.bytesQueued = queued.bytes
        figures.bytesOffline = queued.offlineBytes
        figures.sharedSubscriptions = subscriptions.sharedCount - remoteMembers.count
        figures.bytesUncommitted = journal.uncommittedBytes + journal.extent
        figures.commits = journal.committed
        figures.subscriptions = subscriptions.plainCount + figures.sharedSubscriptions
        return figures
    }
}
