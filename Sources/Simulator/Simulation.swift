import BrokerCore
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

        /// A seed with so many steps, and as many clients as the seed says.
        public init(seed: UInt64, steps: Int = 60) {
            self.seed = seed
            self.steps = steps
            var random = SeededRandom(seed: seed)
            clients = Array(0..<random.among(2...6))
        }
    }

    public struct Outcome: Sendable {
        /// What did not hold; nil when all did.
        public var violation: String?
        /// What was said, if it was to be recorded.
        public var transcript: [String]
        public var ticks: Int
        public var publishesReceived: UInt64
        public var publishesSent: UInt64
    }

    private let plan: Plan
    private let workload: Workload
    private let network: VirtualNetwork
    private let oracle: ReferenceBroker
    private let invariants: Invariants
    private let transcript: Transcript
    private var tick: Tick
    private var clients: [VirtualClient] = []
    /// Looks at the Retained Messages at the end, and clears them.
    private let probe: VirtualClient
    private var stepsLeft: [Int: Int] = [:]
    private var ticks = 0
    private var ticksAtThisMoment = 0

    public init(_ plan: Plan, isRecording: Bool = false) {
        self.plan = plan
        var random = SeededRandom(seed: plan.seed)
        _ = random.next()
        workload = Workload(&random)
        let start = Instant(nanoseconds: Int64(random.among(1...1_000_000_000)))
        network = VirtualNetwork(at: start, random: SeededRandom(seed: random.next()))
        oracle = ReferenceBroker(options: workload.options)
        transcript = Transcript(isRecording: isRecording)
        invariants = Invariants(
            oracle: oracle, network: network, dropsMessages: workload.hasLowBounds)
        tick = Tick(core: BrokerCore(options: workload.options, listeners: [workload.listener], seed: random.next(), startedAt: start))
        for index in plan.clients {
            // Its own numbers: another client's absence changes nothing about it.
            var own = SeededRandom(seed: plan.seed &* 1_000_003 &+ UInt64(index))
            clients.append(VirtualClient(index: index, network: network, random: SeededRandom(seed: own.next()), profile: &own))
            stepsLeft[index] = plan.steps
        }
        var own = SeededRandom(seed: 2)
        probe = VirtualClient(index: 999, network: network, random: SeededRandom(seed: plan.seed), profile: &own)
        probe.isPrompt = true
    }

    public func run() -> Outcome {
        for client in clients { wake(client, after: client.random.among(0...100_000)) }
        advance { self.stepsLeft.values.allSatisfy { $0 == 0 } }
        settle()
        judge()
        tearDown()
        return Outcome(
            violation: invariants.violation, transcript: transcript.lines, ticks: ticks,
            publishesReceived: tick.core.counters.publishReceived, publishesSent: tick.core.counters.publishSent)
    }

    // Phases

    /// Everybody comes back, reads and acknowledges promptly, until nothing is left to say.
    private func settle() {
        for client in clients {
            client.isPrompt = true
            if let connection = client.connection { client.scheduleRead(connection) }
            client.acknowledgeLate(.max)
        }
        var subscribed = false
        var quiet = 0
        var sent = UInt64.max
        // Five seconds without a message.
        while quiet < 10, invariants.violation == nil {
            quiet = sent == tick.core.counters.publishSent ? quiet + 1 : 0
            sent = tick.core.counters.publishSent
            for client in clients {
                if client.connection == nil { client.connect(plainConnect(client, cleanStart: false)) }
                client.acknowledgeLate(.max)
                if client.isConnected, client.keepAliveSeconds > 0 { client.send(.pingRequest) }
            }
            if probe.connection == nil {
                probe.connect(plainConnect(probe, cleanStart: true))
            } else if probe.isConnected, !subscribed {
                subscribed = true
                let request = SubscribePacket.Request(filter: UTF8Text("#"), options: SubscriptionOptions(maximumQoS: .exactlyOnce))
                probe.send(.subscribe(SubscribePacket(packetID: 1, requests: [request])))
            }
            let pause = network.now.advanced(byMilliseconds: 500)
            advance { self.network.now >= pause }
        }
    }

    private func judge() {
        guard invariants.violation == nil else { return }
        invariants.checkComplete(at: network.now, dropped: tick.core.counters.dropped)
        let census = tick.census
        if census.sessions != oracle.sessions.count { invariants.violate("\(census.sessions) sessions, expected \(oracle.sessions.count)") }
        let subscriptions = oracle.sessions.reduce(0) { $0 + $1.subscriptions.count }
        if census.subscriptions != subscriptions { invariants.violate("\(census.subscriptions) subscriptions, expected \(subscriptions)") }
        if workload.options.systemTopicsSeconds == 0, census.retained != oracle.retained.count {
            invariants.violate("\(census.retained) Retained Messages, expected \(oracle.retained.count)")
        }
    }

    /// Ends all sessions; afterwards every table of the broker must be empty.
    private func tearDown() {
        guard invariants.violation == nil else { return }
        for client in clients { client.connect(plainConnect(client, cleanStart: true)) }
        pass(seconds: 2)
        for client in clients where client.isConnected { client.disconnect(DisconnectPacket()) }
        pass(seconds: 2)
        // What the last Wills left is cleared too. Client 999 has no Will.
        for message in oracle.retained {
            probe.publish(topic: message.topic, qos: .atMostOnce, retain: true, properties: [], payload: [])
        }
        pass(seconds: 2)
        probe.disconnect(DisconnectPacket())
        // Strangers are shown the door when they say nothing.
        pass(seconds: 12)
        guard invariants.violation == nil else { return }
        var census = tick.census
        if workload.options.systemTopicsSeconds > 0 {
            (census.retained, census.retainedBytes, census.retainedNodes, census.messages) = (0, 0, 0, 0)
        }
        if census != Census() { invariants.violate("all sessions have ended, but the tables are not empty: \(census)") }
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
        while !isOver(), invariants.violation == nil {
            if network.hasReady || tick.nextDeadline == .zero {
                // The broker is behind; time passes all the same.
                ticksAtThisMoment += 1
                if ticksAtThisMoment > 100_000 { invariants.violate("the broker is busy for ever") }
            } else {
                ticksAtThisMoment = 0
                let pause = network.now.advanced(byMilliseconds: 100)
                let next = min(network.events.next ?? pause, tick.nextDeadline ?? pause, pause)
                network.now = max(network.now, next)
            }
            while let event = network.events.pop(notAfter: network.now) { happen(event) }
            turn()
        }
    }

    private func turn() {
        ticks += 1
        var port = network
        tick.run(&port)
        let isIdle = tick.nextDeadline != .zero && !network.hasReady
        invariants.follow(network.takePassages(), at: network.now, isIdle: isIdle, transcript)
        checkBounds()
        for client in clients {
            if let violation = client.violation { invariants.violate(violation) }
        }
    }

    private func checkBounds() {
        let census = tick.core.census
        let limits = workload.options.limits
        if census.queuedBytes > limits.queuedBytesTotal { invariants.violate("\(census.queuedBytes) bytes are queued, allowed \(limits.queuedBytesTotal)") }
        if census.queuedMessages > limits.queuedMessages * max(1, census.sessions) { invariants.violate("\(census.queuedMessages) messages are queued") }
    }

    private func happen(_ event: VirtualNetwork.Event) {
        switch event {
        case .bytesAtBroker(let connection, let bytes):
            if !connection.isClosedByBroker, !connection.isBroken { connection.arrived += bytes }
        case .endAtBroker(let connection): connection.isEnded = true
        case .breakAtBroker(let connection):
            connection.isBroken = true
            connection.arrived = []
        case .bytesAtClient(let connection, let bytes):
            connection.readable += bytes
            guard !connection.isAbandoned, let client = client(connection.client) else { return }
            if bytes.isEmpty || client.isPrompt || client.reads.pause == 0 { client.read() } else { client.scheduleRead(connection) }
        case .endAtClient(let connection):
            connection.isEndReadable = true
            guard !connection.isAbandoned, let client = client(connection.client) else { return }
            if client.isPrompt || client.reads.pause == 0 { client.read() } else { client.scheduleRead(connection) }
        case .wake(let index):
            guard let client = client(index), let left = stepsLeft[index], left > 0 else { return }
            stepsLeft[index] = left - 1
            workload.act(client, network, number: (index + 1) * 100_000 + left)
            wake(client, after: client.random.chance(90) ? client.random.among(100...60_000) : client.random.among(100_000...3_000_000))
        }
    }

    private func client(_ index: Int) -> VirtualClient? { index == probe.index ? probe : clients.first { $0.index == index } }
}
