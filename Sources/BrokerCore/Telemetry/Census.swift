import Primitives

/// How much there is in every table of the broker; what is in none of them any more has not leaked.
public struct Census: Equatable, BitwiseCopyable, Sendable {
    public var connections = 0
    public var sessions = 0
    public var messages = 0
    /// Sets of Subscription Identifiers, without those the router remembers.
    public var identifierSets = 0
    public var subscriptions = 0
    public var sharedSubscriptions = 0
    /// Members of other shards in Shared Subscriptions that this one owns.
    public var remoteMembers = 0
    /// Nodes of the subscription trie below its root.
    public var filterNodes = 0
    public var retained = 0
    public var retainedBytes = 0
    /// Nodes of the retained tree below its root.
    public var retainedNodes = 0
    public var retainedCursors = 0
    public var wills = 0
    /// Armed timers but that of `$SYS`.
    public var timers = 0
    public var queuedMessages = 0
    public var queuedBytes = 0
    public var offlineBytes = 0
    public var pendingGroups = 0
    /// Messages on disk with more than one claim, and those of Shared Subscriptions that nobody has joined again.
    public var sharedClaims = 0
    public var unjoinedMessages = 0
    /// Acknowledgements that wait for other shards.
    public var pendingAcknowledgements = 0
    /// Topics that were cleared, and not every shard is known to know.
    public var tombstones = 0
    /// Connections that are not read from until other shards have caught up; known to the tick only.
    public var pausedConnections = 0
    /// Segments of outboxes, and bytes of unfinished packets; known to the tick only.
    public var segments = 0
    public var unfinishedBytes = 0

    public init() {}
}

extension BrokerCore {
    /// How full the tables are now.
    public var census: Census {
        var census = Census()
        census.connections = connections.count
        census.sessions = sessions.count
        census.messages = messages.count
        census.identifierSets = identifierSets.count - router.identifierSetCount
        census.subscriptions = subscriptions.plainCount + subscriptions.sharedCount - remoteMembers.count
        census.remoteMembers = remoteMembers.count
        census.sharedSubscriptions = subscriptions.groups.count
        census.filterNodes = subscriptions.trie.nodeCount - 1
        census.retained = retained.count
        census.retainedBytes = retained.bytes
        census.retainedNodes = retained.tree.count - 1
        census.retainedCursors = retainedCursors.count
        census.wills = wills.count
        census.timers = timers.count - (systemTopics.timer == TimerWheel.none ? 0 : 1)
        census.queuedMessages = queued.messages
        census.queuedBytes = queued.bytes
        census.offlineBytes = queued.offlineBytes
        census.pendingGroups = pendingGroups
        census.sharedClaims = journal.unsettled.count
        census.unjoinedMessages = unjoined.values.reduce(0) { $0 + $1.count }
        census.pendingAcknowledgements = confirmations.pending.count
        census.tombstones = retained.tombstoneCount
        return census
    }
}

extension Tick {
    /// That of the core, with what is on its way to the network and from it.
    public var census: Census {
        var census = core.census
        census.segments = pool.taken
        census.unfinishedBytes = unfinishedBytes
        census.pausedConnections = paused.count
        return census
    }
}
