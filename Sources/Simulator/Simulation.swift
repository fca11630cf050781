import BrokerCore
import BrokerRecords
import MQTTCodec
import Primitives

/// One seed, one run: virtual clients on a virtual network around the real tick, judged beside the oracle.
public final class Simulation {
    /// What a run is made of; the same plan always gives the same run.
    public struct Plan: Equatable, Sendable {
        public var seed: UInt64
        /// Things each client does.
        public var steps: Int
        /// Clients that take part, by number.
        public var clients: [Int]
        /// Shards of the broker.
        public var shards: Int
        /// Several shards run freely, not one after the other.
        public var isBusy: Bool
        /// What of its state is to survive it.
        public var durability: Durability
        /// How often the power fails at most.
        public var losses: Int
        /// The power fails with this call of the disk; nil: when the seed says.
        public var fatalCall: Int?

        /// A seed with so many steps, and as many clients as the seed says; shards too, unless given.
        public init(seed: UInt64, steps: Int = 60, shards: Int? = nil, losses: Int = 0) {
            self.seed = seed
            self.steps = steps
            self.losses = losses
            var choice = SeededRandom(seed: ~seed)
            let drawn = choice.among(1...3)
            self.shards = shards ?? drawn
            isBusy = choice.chance(50) && self.shards > 1 || losses > 0
            durability = choice.pick(isBusy ? [.none, .strict] : [.none, .none, .strict])
            if durability == .strict, choice.chance(20) { durability = .relaxed }
            if losses > 0 { durability = .strict }
            var random = SeededRandom(seed: seed)
            clients = Array(0..<random.among(2...6))
        }

        /// What `choose(durability:)` takes.
        public static let durabilities = Durability.allCases.map(\.rawValue)

        /// Another durability than the seed says, by its name.
        public mutating func choose(durability name: String) { durability = Durability(rawValue: name) ?? durability }
    }

    /// What a run showed.
    public struct Outcome: Sendable {
        /// What did not hold; nil when all did.
        public var violation: String?
        /// What was said, if it was to be recorded.
        public var transcript: [String]
        public var ticks: Int
        public var publishesReceived: UInt64
        public var publishesSent: UInt64
        /// How often the power failed.
        public var losses: Int
    }

    private let plan: Plan
    private let workload: Workload
    private let network: VirtualNetwork
    private let disk: VirtualDisk?
    private var mailboxes: VirtualMailboxes
    private var shards: [VirtualShard] = []
    private let oracle: ReferenceBroker
    private let invariants: Invariants
    /// The oracle where shards run freely.
    private let ledger: Ledger?
    private let verdict = Verdict()
    private let transcript: Transcript
    private var clients: [VirtualClient] = []
    /// They look at the Retained Messages of each shard at the end, and clear them.
    private var probes: [VirtualClient] = []
    private var stepsLeft: [Int: Int] = [:]
    private var isSettling = false
    /// All shards are to have run before anything else happens.
    private var isStarting = false
    private var power: PowerSupply
    private let keeping: Keeping
    private let seeds: (ports: UInt64, cores: UInt64)
    /// Shards in the middle of a tick, and how likely one is held up there, in percent.
    private var held = 0
    private let holdChance: Int
    /// Messages published because somebody subscribed.
    private var answers = 0
    /// Decides which shard runs, and for how long another does not.
    private var schedule: SeededRandom
    private var ticks = 0
    private var ticksAtThisMoment = 0
    /// Those of brokers that are gone.
    private var pastPublishes: (received: UInt64, sent: UInt64) = (0, 0)

    public init(_ plan: Plan, isRecording: Bool = false) {
        self.plan = plan
        var random = SeededRandom(seed: plan.seed)
        _ = random.next()
        schedule = SeededRandom(seed: plan.seed ^ 0x5EED)
        power = PowerSupply(losses: plan.losses, fatalCall: plan.fatalCall, seed: plan.seed)
        workload = Workload(&random, shards: plan.losses > 0 ? 3 : plan.shards, isBusy: plan.isBusy, isKept: plan.durability != .none)
        holdChance = schedule.pick([1, 10, 30])
        let beginning = Instant(nanoseconds: Int64(random.among(1...1_000_000_000)))
        seeds = (random.next(), random.next())
        network = VirtualNetwork(at: beginning, shards: plan.shards, random: SeededRandom(seed: schedule.next()))
        mailboxes = VirtualMailboxes(shards: plan.shards, random: SeededRandom(seed: schedule.next()))
        keeping = Keeping(durability: plan.durability, wallOffset: 1_700_000_000_000_000_000)
        disk =
            plan.durability == .none
            ? nil : VirtualDisk(network: network, isInstant: !plan.isBusy, random: SeededRandom(seed: plan.seed ^ 0xD15C))
        oracle = ReferenceBroker(options: workload.options)
        let (network, transcript) = (network, Transcript(isRecording: isRecording))
        self.transcript = transcript
        ledger =
            plan.isBusy
            ? Ledger(
                verdict, now: { network.now }, transcript, longestExpiry: UInt32(clamping: workload.options.limits.sessionExpirySeconds))
            : nil
        invariants = Invariants(oracle: oracle, network: network, verdict: verdict, dropsMessages: workload.hasLowBounds)
        start(shards: plan.shards)
        if let disk { recover(from: disk, aliveAt: network.now) }
        for index in plan.clients {
            // Its own numbers: another client's absence changes nothing about it.
            var own = SeededRandom(seed: plan.seed &* 1_000_003 &+ UInt64(index))
            let client = VirtualClient(
                index: index, network: network, ledger: ledger, random: SeededRandom(seed: own.next()), profile: &own)
            client.reusesIdentifiers = plan.losses > 0 && own.chance(50)
            clients.append(client)
            stepsLeft[index] = plan.steps
        }
        if plan.isBusy {
            for client in clients { client.onSubscribed = { [unowned self] in answer($0, of: client.index) } }
        }
    }

    /// A broker that knows nothing.
    private func start(shards count: Int) {
        let places = count == 1 && plan.losses == 0 ? [] : ShardPlace.all(count: count, hashSeed: seeds.cores)
        shards = (0..<count).map { index in
            let port = VirtualShardPort(
                shard: index, network: network, mailboxes: mailboxes, disk: disk,
                random: SeededRandom(seed: seeds.ports &+ UInt64(index + 64 * power.lost)))
            if plan.isBusy { port.onCall = { [unowned self] in called() } }
            let core = BrokerCore(
                options: workload.options, listeners: [workload.listener], seed: seeds.cores &+ UInt64(index),
                place: places.isEmpty ? nil : places[index], keeping: keeping, startedAt: network.now)
            return VirtualShard(core, port)
        }
    }

    /// A client for each shard that will look what is retained there.
    private func makeProbes() {
        var index = 999
        for shard in shards {
            while shards[0].place(of: "client-\(index)") != shard.index { index -= 1 }
            var own = SeededRandom(seed: 2)
            let probe = VirtualClient(
                index: index, network: network, ledger: ledger, random: SeededRandom(seed: plan.seed), profile: &own)
            probe.isPrompt = true
            probes.append(probe)
            index -= 1
        }
    }

    /// Plays the whole run; once only.
    public func run() -> Outcome {
        for client in clients { wake(client, after: client.random.among(0...100_000)) }
        advance { self.stepsLeft.values.allSatisfy { $0 == 0 } }
        isSettling = true
        settle()
        judge()
        tearDown()
        return Outcome(
            violation: verdict.violation, transcript: transcript.lines, ticks: ticks,
            publishesReceived: publishesReceived, publishesSent: publishesSent, losses: power.lost)
    }

    private var publishesReceived: UInt64 { shards.reduce(pastPublishes.received) { $0 + $1.tick.core.counters.publishReceived } }
    private var publishesSent: UInt64 { shards.reduce(pastPublishes.sent) { $0 + $1.tick.core.counters.publishSent } }

    // Phases

    /// Everybody comes back, reads and acknowledges promptly, until nothing is left to say.
    private func settle() {
        for client in clients {
            client.isPrompt = true
            if let connection = client.connection {
                connection.window = 1_048_576
                client.scheduleRead(connection)
            }
            client.acknowledgeLate(.max)
        }
        // Free shards may still tell each other what the probes are to find.
        if plan.isBusy { waitForQuiet {} }
        makeProbes()
        var subscribed: Set<Int> = []
        waitForQuiet {
            for probe in self.probes {
                if probe.connection == nil {
                    probe.connect(self.plainConnect(probe, cleanStart: true))
                } else if probe.isConnected, subscribed.insert(probe.index).inserted {
                    let request = SubscribePacket.Request(filter: UTF8Text("#"), options: SubscriptionOptions(maximumQoS: .exactlyOnce))
                    probe.send(.subscribe(SubscribePacket(packetID: 1, requests: [request])))
                }
            }
        }
    }

    /// Until for five seconds no message is sent.
    private func waitForQuiet(_ act: () -> Void) {
        var quiet = 0
        var sent = UInt64.max
        while quiet < 10, verdict.violation == nil {
            quiet = sent == publishesSent ? quiet + 1 : 0
            sent = publishesSent
            for client in clients {
                if client.connection == nil { client.connect(plainConnect(client, cleanStart: false)) }
                client.acknowledgeLate(.max)
                if client.isConnected, client.keepAliveSeconds > 0 { client.send(.pingRequest) }
            }
            act()
            let pause = network.now.advanced(byMilliseconds: 500)
            advance { self.network.now >= pause }
        }
    }

    private func judge() {
        guard verdict.violation == nil else { return }
        let censuses = shards.map { $0.tick.census }
        if let ledger {
            ledger.close(probes: probes.map(\.index))
        } else {
            let dropped: [DropReason] = [.queueFullOldest, .queueFullNewest, .queuesFull, .slowConsumer]
            invariants.checkComplete(
                at: network.now,
                dropped: shards.reduce(0) { sum, shard in dropped.reduce(sum) { $0 + shard.tick.core.counters.dropped[$1] } })
            let sessions = censuses.reduce(0) { $0 + $1.sessions }
            if sessions != oracle.sessions.count { verdict.violate("\(sessions) sessions, expected \(oracle.sessions.count)") }
            let subscriptions = censuses.reduce(0) { $0 + $1.subscriptions }
            let expected = oracle.sessions.reduce(0) { $0 + $1.subscriptions.count }
            if subscriptions != expected { verdict.violate("\(subscriptions) subscriptions, expected \(expected)") }
            if workload.options.systemTopicsSeconds == 0, censuses[0].retained != oracle.retained.count {
                verdict.violate("\(censuses[0].retained) Retained Messages, expected \(oracle.retained.count)")
            }
        }
        for census in censuses where census.retained != censuses[0].retained || census.retainedBytes != censuses[0].retainedBytes {
            verdict.violate("\(census.retained) Retained Messages on one shard, \(censuses[0].retained) on another")
        }
    }

    /// Ends all sessions; afterwards every table of the broker must be empty.
    private func tearDown() {
        guard verdict.violation == nil else { return }
        for client in clients { client.connect(plainConnect(client, cleanStart: true)) }
        pass(seconds: 2)
        for client in clients where client.isConnected { client.disconnect(DisconnectPacket()) }
        pass(seconds: 2)
        // What the last Wills left is cleared too. Probes have no Will.
        for topic in ledger?.retainedTopics ?? oracle.retained.map(\.topic) {
            schedule.pick(probes).publish(topic: topic, qos: .atMostOnce, retain: true, properties: [], payload: [])
        }
        pass(seconds: 2)
        if shards.contains(where: { $0.tick.census.tombstones > 0 }) { verdict.violate("what all shards have cleared is remembered") }
        for probe in probes { probe.disconnect(DisconnectPacket()) }
        // Strangers are shown the door when they say nothing.
        pass(seconds: 12)
        guard verdict.violation == nil else { return }
        for shard in shards {
            var census = shard.tick.census
            if workload.options.systemTopicsSeconds > 0 {
                (census.retained, census.retainedBytes, census.retainedNodes, census.messages) = (0, 0, 0, 0)
            }
            if census != Census() { verdict.violate("all sessions have ended, but the tables are not empty: \(census)") }
        }
        for (table, rows) in zip(BrokerTable.names, disk?.tables ?? []).dropFirst() where !rows.isEmpty {
            verdict.violate("all sessions have ended, but \(rows.count) rows of \(table) are on disk: \(rows)")
        }
    }

    private func plainConnect(_ client: VirtualClient, cleanStart: Bool) -> ConnectPacket {
        var packet = ConnectPacket(
            version: client.version, cleanStart: cleanStart, keepAliveSeconds: 0, clientID: UTF8Text(client.clientID))
        if client.version == .v5 {
            if !cleanStart { packet.properties.append(.sessionExpiryInterval(seconds: 600)) }
            if client.receiveMaximum < 65_535 { packet.properties.append(.receiveMaximum(client.receiveMaximum)) }
            if let size = client.maximumPacketSize { packet.properties.append(.maximumPacketSize(size)) }
            if client.topicAliasMaximum > 0 { packet.properties.append(.topicAliasMaximum(client.topicAliasMaximum)) }
        }
        return packet
    }

    // Time

    private func pass(seconds: UInt32) {
        let end = network.now.advanced(bySeconds: seconds)
        advance { self.network.now >= end }
    }

    private func wake(_ client: VirtualClient, after microseconds: Int) {
        network.events.insert(.wake(client: client.index), at: Instant(nanoseconds: network.now.nanoseconds + Int64(microseconds) * 1_000))
    }

    /// Runs until `isOver`, or something does not hold: the next thing to happen, then a turn of the broker.
    private func advance(until isOver: () -> Bool) {
        while !isOver(), verdict.violation == nil {
            let running = shards.filter { $0.hasWork && $0.stalledUntil <= network.now }
            if running.isEmpty {
                ticksAtThisMoment = 0
                let pause = network.now.advanced(byMilliseconds: 100)
                network.now = max(network.now, min(pause, network.events.next ?? pause, nextDeadline ?? pause))
            } else {
                // The broker is behind; time passes all the same.
                ticksAtThisMoment += 1
                if ticksAtThisMoment > 100_000 { verdict.violate("the broker is busy for ever") }
            }
            while let event = network.events.pop(notAfter: network.now) { happen(event) }
            if plan.isBusy { runFreely() } else { runInTurn() }
            if power.hasFailed { losePower() }
            checkBounds()
            for client in clients {
                if let violation = client.violation { verdict.violate(violation) }
            }
        }
    }

    /// One shard reads, and all have heard what comes of it before another does: then everything happens one after the
    /// other, as if there were one.
    private func runInTurn() {
        let first = schedule.pick(ready.isEmpty ? shards : ready)
        run(first, shards.count == 1 ? .all : .one)
        if shards.count > 1 || disk != nil {
            for shard in shards.shuffled(using: &schedule) where shard !== first { run(shard, .nothing) }
            while let shard = shards.filter(\.isToldMore).randomElement(using: &schedule) { run(shard, .nothing) }
        }
        let isIdle = !shards.contains { $0.hasMoreToSend || $0.port.hasReady }
        invariants.follow(network.takePassages(), at: network.now, isIdle: isIdle, transcript)
    }

    private var ready: [VirtualShard] { shards.filter(\.port.hasReady) }

    /// Any shard that has something to do, at any time, while others do not get on.
    private func runFreely() {
        guard !power.hasFailed else { return }
        let running = shards.filter { $0.hasWork && $0.stalledUntil <= network.now }
        guard let shard = running.randomElement(using: &schedule) else { return }
        if !isSettling, power.failsBefore(tick: ticks) { return }
        run(shard, schedule.chance(50) ? .all : .one)
        network.passages = []
        if isSettling || power.hasFailed { return }
        if schedule.chance(40) { stall(shard, microseconds: schedule.among(0...3_000)) }
        if schedule.chance(1) { stall(schedule.pick(shards), microseconds: schedule.among(10_000...1_000_000)) }
        if schedule.chance(30) { letTimePass(microseconds: schedule.among(0...200)) }
    }

    /// A shard asks its port for something.
    private func called() {
        if !isSettling, power.failsAtCall() {
            for shard in shards { shard.port.isDead = true }
        }
        holdUp()
    }

    /// A shard is held up in the middle of a tick; clients and other shards go on.
    private func holdUp() {
        guard !isSettling, !isStarting, !power.hasFailed, held < 2, schedule.chance(holdChance) else { return }
        held += 1
        defer { held -= 1 }
        for _ in 0..<schedule.among(1...12) {
            letTimePass(microseconds: schedule.among(0...(schedule.chance(3) ? 600_000 : 2_000)))
            while let event = network.events.pop(notAfter: network.now) { happen(event) }
            runFreely()
            if power.hasFailed { return }
        }
    }

    /// The broker is gone with all it has in memory, and what the disk has not done; then there is a new one, with as many
    /// shards or another number.
    private func losePower() {
        guard let disk else { return }
        let count = power.restart(shards: shards.count, after: ticks)
        let died = network.now
        transcript.note(died, "the power fails; there will be \(count) shards")
        pastPublishes = (publishesReceived, publishesSent)
        disk.losePower(&power.random)
        network.losePower(shards: count, &power.random)
        ledger?.lostPower()
        letTimePass(microseconds: power.random.pick([10, 50_000, 2_000_000, 8_000_000]))
        mailboxes = VirtualMailboxes(shards: count, random: SeededRandom(seed: power.random.next()))
        start(shards: count)
        recover(from: disk, aliveAt: died)
    }

    /// Each shard is told what lies on disk; then they go on together.
    private func recover(from disk: VirtualDisk, aliveAt died: Instant) {
        let placement = disk.tables[BrokerTable.meta.place][PlacementRecord.key].flatMap { $0.withUnsafeBytes { PlacementRecord($0) } }
        let seen = died.nanoseconds + keeping.wallOffset - Int64(power.random.among(0...1_000)) * 1_000_000
        let changes = shards.map { shard in
            shard.tick.core.beginRecovery(placement, aliveAt: seen, at: network.now)
            for table in BrokerCore.recoveredTables {
                for (key, value) in disk.rows(of: table) {
                    key.withUnsafeBytes { key in value.withUnsafeBytes { shard.tick.core.recover(table, key, $0) } }
                }
            }
            let (changes, unreadable) = shard.tick.core.endRecovery(at: network.now)
            if unreadable > 0 { verdict.violate("\(unreadable) rows cannot be read") }
            return changes
        }
        for batch in changes { disk.apply(batch) }
        isStarting = true
        defer { isStarting = false }
        for shard in shards { shard.begin() }
        for shard in shards.shuffled(using: &schedule) { run(shard, .nothing) }
        for shard in shards { shard.recovered() }
    }

    /// Word of a subscription spreads faster than any batch.
    private func answer(_ packet: SubscribePacket, of index: Int) {
        let others = clients.filter { $0.index != index && $0.isConnected }
        guard !isSettling, schedule.chance(50), let client = others.randomElement(using: &schedule) else { return }
        answers += 1
        workload.answer(packet, client, number: 100_000_000 + answers)
    }

    private func letTimePass(microseconds: Int) {
        network.now = Instant(nanoseconds: network.now.nanoseconds + Int64(microseconds) * 1_000)
    }

    private func stall(_ shard: VirtualShard, microseconds: Int) {
        shard.stalledUntil = Instant(nanoseconds: network.now.nanoseconds + Int64(microseconds) * 1_000)
        if microseconds >= 10_000 { transcript.note(network.now, "shard \(shard.index) stalls for \(microseconds / 1_000) ms") }
    }

    /// When the first shard that waits for something goes on.
    private var nextDeadline: Instant? {
        shards.compactMap { $0.hasWork ? $0.stalledUntil : $0.deadline.map { [stalled = $0.stalledUntil] in max($0, stalled) } }.min()
    }

    private func run(_ shard: VirtualShard, _ reading: VirtualShardPort.Reading) {
        ticks += 1
        shard.run(reading)
    }

    private func checkBounds() {
        let censuses = shards.map { $0.tick.core.census }
        let limits = workload.options.limits
        let bytes = censuses.reduce(0) { $0 + $1.queuedBytes }
        if bytes > limits.queuedBytesTotal { verdict.violate("\(bytes) bytes are queued, allowed \(limits.queuedBytesTotal)") }
        for census in censuses where census.queuedMessages > limits.queuedMessages * max(1, census.sessions) {
            verdict.violate("\(census.queuedMessages) messages are queued")
        }
        // The batch with which a lane becomes full, as large as it may be; and a full lane takes one more packet of each
        // connection.
        let bound = limits.mailboxBytes + 2 * 16_384 + (clients.count + shards.count + 1) * (workload.largestPacket + 512)
        if mailboxes.heaviest > bound { verdict.violate("\(mailboxes.heaviest) bytes wait for a shard, allowed \(bound)") }
    }

    private func happen(_ event: VirtualNetwork.Event) {
        guard case .wake(let index) = event else { return network.happen(event, client: client) }
        guard let client = client(index), let left = stepsLeft[index], left > 0 else { return }
        stepsLeft[index] = left - 1
        workload.act(client, network, number: (index + 1) * 100_000 + left)
        wake(client, after: client.random.chance(90) ? client.random.among(100...60_000) : client.random.among(100_000...3_000_000))
    }

    private func client(_ index: Int) -> VirtualClient? { (clients + probes).first { $0.index == index } }
}
