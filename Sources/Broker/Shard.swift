import BrokerCore
import Primitives
import Transport

/// One event loop: a tick, its network, and the orders it takes from outside. It stays on the thread that makes it.
struct Shard: ~Copyable {
    private(set) var network: SocketNetwork
    private var tick: Tick
    private let plan: ShardPlan

    /// - Parameter signals: a descriptor that is readable when the process was sent a signal
    init(_ plan: ShardPlan, signals: Int32? = nil) throws(TransportError) {
        self.plan = plan
        network = try SocketNetwork(plan, signals: signals)
        tick = Tick(
            core: BrokerCore(
                options: plan.options, listeners: plan.listeners.map(\.configuration.options), seed: plan.seed, place: plan.place,
                keeping: plan.store?.keeping ?? .nothing, startedAt: plan.startedAt))
    }

    /// Takes up what lies on disk and is this shard's. All shards do it at once, on their own threads.
    ///
    /// - Parameter whileWaiting: called about once a second while the disk takes its time
    /// - Returns: false if the store cannot be read, and nothing was changed
    mutating func recover(whileWaiting: () -> Void = {}) -> Bool {
        guard let store = plan.store, let recovery = plan.recovery else { return true }
        let feed = recovery.feeds[plan.place.index]
        tick.core.beginRecovery(store.placement, aliveAt: store.aliveAt, at: network.now)
        while let piece = feed.next() {
            piece.forEach { tick.core.recover(piece.table, $0, $1, sharing: $2) }
            feed.used(piece)
        }
        guard !feed.lacksRows else { return false }
        let (changes, unreadable) = tick.core.endRecovery(at: network.now)
        if unreadable > 0 {
            plan.log.error(
                .storeUnreadable,
                [.number("rows", unreadable), .hint("stop the broker; `martlet doctor` on its data directory says which, and repairs")])
        }
        recovery.gathering.commit(changes, of: plan.place.index, whileWaiting: whileWaiting)
        tick.tellRecovered(&network)
        recovery.gathering.wasTold(by: plan.place.index)
        tick.run(&network)
        tick.handle(.recovered, &network)
        return true
    }

    /// What there is for all shards at the start; nil: nothing is kept.
    var recovery: RecoveryPlan? { plan.recovery }

    /// To be called once on the thread that will call `turn`.
    func settle() {
        guard let processor = plan.processor, !Processors.pinThread(to: processor) else { return }
        plan.log.warning(.loopNotPinned, [.number("loop", plan.place.index), .number("processor", processor)])
    }

    /// Obeys what was ordered and runs one turn; false when it is to stop.
    mutating func turn() -> Bool {
        for order in plan.orders.take() {
            switch order {
            case .change(let options, let listeners, let done):
                change(options, listeners: listeners)
                done.signal()
            case .stop: return false
            }
        }
        tick.run(&network)
        return true
    }

    /// Decides by these from now on.
    mutating func change(_ options: BrokerOptions, listeners: [ListenerOptions]) {
        tick.handle(.optionsChanged(options, listeners: listeners), &network)
    }

    mutating func signalsTaken() { network.signalTaken() }

    /// Disconnects every client, and waits until those who may still be writing have read why.
    mutating func end() {
        tick.handle(.shutdown, &network)
        network.finishLingering()
    }
}

/// All there is to know for making a shard, on whatever thread.
struct ShardPlan: Sendable {
    let place: ShardPlace
    /// All randomness of this shard.
    let seed: UInt64
    let startedAt: Instant
    let options: BrokerOptions
    let listeners: [OpenListener]
    /// nil: the only shard.
    let mailboxes: Mailboxes?
    /// nil: nothing is kept.
    let store: BrokerStore?
    /// What it has for all shards at the start.
    let recovery: RecoveryPlan?
    let orders: ShardOrders
    /// The processor to stay on; nil: any.
    let processor: Int?
    let clock: Clock
    let log: LogWriter

    /// Plans for `configuration.loops` shards that share `listeners`.
    static func all(
        _ configuration: BrokerConfiguration, listeners: [OpenListener], store: BrokerStore?, clock: Clock, log: LogWriter
    ) throws(TransportError) -> [ShardPlan] {
        var random = SystemRandomNumberGenerator()
        var orders: [ShardOrders] = []
        for _ in 0..<configuration.loops { orders.append(try ShardOrders()) }
        let mailboxes = configuration.loops > 1 ? Mailboxes(wakers: orders.map(\.waker)) : nil
        let processors = configuration.pinLoops ? Processors.allowed : []
        let startedAt = clock.now()
        let drawn = store?.placement?.hashSeed ?? random.next()
        let hashSeed = configuration.placementSeed == 0 ? drawn : UInt64(configuration.placementSeed)
        let recovery = store.map { RecoveryPlan($0, shards: configuration.loops) }
        return ShardPlace.all(count: configuration.loops, hashSeed: hashSeed).map { place in
            ShardPlan(
                place: place, seed: random.next(), startedAt: startedAt, options: configuration.options, listeners: listeners,
                mailboxes: mailboxes, store: store, recovery: recovery, orders: orders[place.index],
                processor: processors.isEmpty ? nil : processors[place.index % processors.count], clock: clock, log: log)
        }
    }
}
