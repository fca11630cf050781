import MQTTCodec
import MQTTSession
import Primitives

/// The broker's decisions as a value: told what happened and what time it is, it answers with what to do.
/// No sockets, no disk, no clock, no threads, no log.
///
/// Three verbs: `handle` an event, `advance` time, and ask for the `nextDeadline`. The packets of the data path have
/// overloads of `handle` of their own, because they borrow the bytes they were read from. State is in tables of plain
/// structs addressed by slot; each table is the business of one folder beside this file.
///
/// Methods that only look are `mutating` too where messages pass: the compiler (Swift 6.3) hands a noncopyable `self`
/// to a borrowing method as a copy of all its tables' heads, two kilobytes a call.
public struct BrokerCore: ~Copyable {
    public internal(set) var options: BrokerOptions
    public internal(set) var listeners: [ListenerOptions]
    public var counters = Counters()
    /// What happened since the owner last emptied it.
    public var notices: [Notice] = []

    var connections = SlotTable<Connection>()
    var sessions = SlotTable<Session>()
    var registry: SessionRegistry
    var messages = MessageTable()
    var identifierSets = SubscriptionIdentifierSets()
    var subscriptions: SubscriptionTable
    /// Members other shards have of this shard's Shared Subscriptions, and what is told of this shard's members of others'.
    var remoteMembers = RemoteMembers()
    var joined = SlotArray<Joined>()
    /// Sessions whose state some owner has not been told, because its shard is behind.
    var untoldMembers: Set<UInt32> = []
    var router: Router
    var retained: RetainedStore
    var retainedCursors = SlotTable<RetainedCursor>()
    var wills = SlotTable<Will>()
    var timers: TimerWheel
    var systemTopics: SystemTopics

    /// The time of the event at hand.
    var present: Instant

    /// Sessions that have something to send and room for it, to be served once a tick.
    var draining: [UInt32] = []
    /// Connections to end once the present event has been dealt with.
    var doomed: [(connection: UInt32, cause: DisconnectCause)] = []
    var queued: QueuedUse
    /// Shared Subscriptions with messages no member has taken yet.
    var pendingGroups = 0
    var connectedCount = 0
    var dropNotices = DropNotices()
    var random: SeededRandom
    let hash: ByteHash
    let place: ShardPlace
    /// What the other shards are to be told.
    var outbox: PeerOutbox
    var confirmations: Confirmations
    var journal: Journal
    /// While it is under way.
    var recovery: Recovery?
    /// Messages of Shared Subscriptions whose members have not joined again, by share name and filter end to end.
    var unjoined: [[UInt8]: [Delivery]] = [:]
    /// Up to where each shard has promised not to give versions of Retained Messages any more.
    var peerClocks: [Int64]
    /// The other shards wait for this one's promise.
    var owesClock = false
    /// Counts resolutions, so that a session knows whether this one has met it.
    var resolveMark: UInt32 = 0
    /// The filters that matched the topic at hand.
    var matches: [SubscriptionTrie.Heads] = []
    /// Forwardable properties of the PUBLISH at hand, where they had to be picked out.
    var propertyScratch = ByteScratch()

    /// - Parameters:
    ///   - listeners: what each listener offers; connections name one by its index
    ///   - seed: all randomness there is, besides the key for hashing: Client Identifiers to assign
    ///   - place: which of several shards this is; nil: the only one
    ///   - keeping: what of its state survives the process
    public init(
        options: BrokerOptions, listeners: [ListenerOptions], seed: UInt64, place: ShardPlace? = nil, keeping: Keeping = .nothing,
        startedAt now: Instant
    ) {
        self.options = options
        self.listeners = listeners
        present = now
        var random = SeededRandom(seed: seed)
        let hashSeed = random.next()
        self.random = random
        self.place = place ?? .alone(hashSeed: hashSeed)
        hash = ByteHash(seed: self.place.hashSeed)
        queued = QueuedUse(self.place)
        outbox = PeerOutbox(self.place, laneBytes: options.limits.mailboxBytes)
        confirmations = Confirmations(shards: self.place.count)
        journal = Journal(keeping, self.place)
        peerClocks = Array(repeating: 0, count: self.place.count)
        registry = SessionRegistry(hash: hash)
        subscriptions = SubscriptionTable(hash: hash, shard: self.place.index)
        router = Router(hash: hash, maximum: options.limits.routerCacheTopics)
        retained = RetainedStore(hash: hash)
        timers = TimerWheel(at: now)
        systemTopics = SystemTopics(startedAt: now)
        armSystemTopics(at: now)
    }

    deinit {
        for slot in 0..<connections.end where connections.isUsed(slot) {
            connections.pointer(to: slot).pointee.inboundAliases.deallocate()
            connections.pointer(to: slot).pointee.outboundAliases.deallocate()
        }
        for slot in 0..<sessions.end where sessions.isUsed(slot) { sessions.pointer(to: slot).pointee.deallocate() }
        for slot in 0..<retainedCursors.end where retainedCursors.isUsed(slot) { retainedCursors[slot].filter.deallocate() }
    }

    /// The generation of a connection's slot, by which a stale event is recognised.
    @inline(__always) public func generation(of connection: UInt32) -> UInt32 { connections.generation(of: connection) }

    /// Whether `connection` is still to be read from.
    @inline(__always) public func isOpen(_ connection: UInt32) -> Bool {
        connections.isUsed(connection) && connections[connection].state != .closed
    }

    /// The listener a connection came in by.
    @inline(__always) func listener(of connection: UInt32) -> UInt16 { connections[connection].listener }

    /// The client's Maximum Packet Size in bytes.
    @inline(__always) func maximumPacketSize(of connection: UInt32) -> Int {
        Int(connections[connection].maximumPacketSize)
    }

    /// Whether the client allows Topic Aliases on a connection.
    @inline(__always) func usesTopicAliases(on connection: UInt32) -> Bool { !connections[connection].outboundAliases.isOff }

    /// The version spoken on a connection; before CONNECT, 3.1.1.
    @inline(__always) public func version(of connection: UInt32) -> ProtocolVersion { connections[connection].version }

    /// Whether CONNECT has not come yet.
    @inline(__always) public func awaitsConnect(_ connection: UInt32) -> Bool { connections[connection].state == .awaitingConnect }

    /// Control characters and non-characters pass on this connection's listener.
    @inline(__always) public func allowsControlCharacters(_ connection: UInt32) -> Bool {
        listeners[Int(connections[connection].listener)].controlCharactersAllowed
    }

    /// The largest packet, in bytes, this connection may send now.
    @inline(__always) public func maximumPacketBytes(_ connection: UInt32) -> Int {
        awaitsConnect(connection) ? min(options.limits.connectPacketBytes, options.limits.packetBytes) : connections[connection].packetBytes
    }

    /// Whether some session has more to send in the next tick, so that it should come at once.
    public var hasMoreToSend: Bool { !draining.isEmpty }
}
