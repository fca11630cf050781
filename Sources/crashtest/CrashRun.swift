import Glibc
import Primitives
import Simulator
import Transport

/// Rounds of traffic, kill and restart, and from time to time a rest in which everything has to arrive.
final class CrashRun {
    enum Failure: Error {
        case broker(BrokerProcess.Failure)
        case network(TransportError)
        case violation(String)
        case interrupted

        var text: String {
            switch self {
            case .broker(let failure): failure.text
            case .network(let error): "\(error)"
            case .violation(let what): what
            case .interrupted: "interrupted"
            }
        }
    }

    private static let roundsBetweenRests = 25
    /// Seconds for what takes milliseconds.
    private static let patience: UInt32 = 20

    let options: Options
    let model = Model()
    let start: Instant
    private(set) var kills = 0
    private(set) var starts = 0
    private(set) var slowestStart = 0
    let broker: BrokerProcess
    private let signals: Signals
    private let clients: [Client]
    private var traffic: Traffic
    /// When the broker is killed, apart from what clients do.
    private var schedule: SeededRandom
    private var port: UInt16 = 0
    private var nextAct = Instant.zero
    private var toldAt = Instant.zero

    init(_ options: Options, folder: String) throws(TransportError) {
        self.options = options
        signals = try Signals()
        start = Self.now()
        broker = BrokerProcess(path: options.martletd, folder: folder, keepsData: options.keepsData)
        schedule = SeededRandom(seed: options.seed)
        traffic = Traffic(random: SeededRandom(seed: ~options.seed), model: model)
        clients = traffic.clients(clock: Self.now)
    }

    static func now() -> Instant { Clock.system.now() }

    func run() throws(Failure) {
        try startBroker()
        while !isOver {
            try work(milliseconds: schedule.among(20...400))
            killBroker()
            if schedule.chance(8) { pause(milliseconds: schedule.among(500...2_500)) }
            while schedule.chance(10), !options.onlyCuts {
                // It is killed while it recovers.
                try carry { () throws(BrokerProcess.Failure) in try broker.start(loops: loops()) }
                starts += 1
                pause(milliseconds: schedule.among(0...40))
                killBroker()
            }
            try startBroker()
            if kills % Self.roundsBetweenRests == 0 { try rest() }
        }
        if options.length == .kills(0) { try work(milliseconds: 5_000) }
        try rest()
    }

    private var isOver: Bool {
        switch options.length {
        case .kills(let count): kills >= count
        case .minutes(let count): Self.now() >= start.advanced(bySeconds: UInt32(count) * 60)
        }
    }

    // The broker

    private func loops() -> Int {
        switch options.loops {
        case .fixed(let count): count
        case .vary: schedule.among(1...3)
        }
    }

    private func startBroker() throws(Failure) {
        let began = Self.now()
        port = try carry { () throws(BrokerProcess.Failure) in
            if starts == 0 || !options.onlyCuts { try broker.start(loops: loops()) }
            while Self.now() < began.advanced(bySeconds: Self.patience) {
                if let port = try broker.port() { return port }
                pause(milliseconds: 1)
            }
            throw .noStart("it does not listen after \(Self.patience) s")
        }
        let now = Self.now()
        starts += 1
        slowestStart = max(slowestStart, Int((now.nanoseconds - began.nanoseconds) / 1_000_000))
        model.started(at: now)
        for client in clients where client.returnsAt < now { client.returnsAt = now.advanced(byMilliseconds: traffic.pause(client)) }
        try probe()
    }

    private func killBroker() {
        let now = Self.now()
        if !options.onlyCuts { broker.kill() }
        kills += 1
        model.killed(at: now)
        for client in clients { client.brokerKilled(at: now, readsRest: traffic.random.chance(80) && !options.onlyCuts) }
    }

    /// What is retained, before anybody publishes again.
    private func probe() throws(Failure) {
        var probe = try connecting { () throws(TransportError) in try Probe(port: port) }
        let deadline = Self.now().advanced(bySeconds: 5)
        while !probe.isDone(expecting: model.retained.certain), Self.now() < deadline {
            var ready = pollfd(fd: probe.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&ready, 1, 10)
        }
        if let problem = probe.problem(with: model.retained) { model.verdict.violate(problem) }
        try check()
    }

    // The clients

    private func work(milliseconds: Int) throws(Failure) {
        let end = Self.now().advanced(byMilliseconds: Int64(milliseconds))
        nextAct = Self.now()
        while Self.now() < end {
            try turn()
            while nextAct <= Self.now() {
                let client = traffic.random.pick(clients)
                try connecting { () throws(TransportError) in try traffic.act(client, port: port, at: Self.now()) }
                nextAct.nanoseconds += Int64(traffic.random.among(100_000...600_000))
            }
            for client in clients where traffic.random.chance(30) { client.acknowledge(atMost: traffic.random.among(1...30)) }
        }
    }

    /// Everybody connects, acknowledges and reads until nothing is owed; then one message more for each subscription.
    private func rest() throws(Failure) {
        try settle()
        for client in clients where client.mayPublish && client.session.expirySeconds > 2 {
            for topic in Traffic.topics.prefix(3) {
                client.publish(model.publishes(client.session, topic: topic, qos: .atLeastOnce, size: 30))
                client.publish(model.publishes(client.session, topic: topic, qos: .exactlyOnce, size: 30))
            }
        }
        try settle()
        try probe()
        model.turnPage()
    }

    /// Ends when nothing has happened for long although something is missing.
    private func settle() throws(Failure) {
        var deadline = Self.now().advanced(bySeconds: Self.patience)
        var seen = model.events
        while !(model.isSettled && clients.allSatisfy(\.isIdle)) {
            try turn()
            for client in clients {
                client.acknowledge(atMost: .max)
                if client.isAway { try connecting { () throws(TransportError) in try client.connect(port: port, will: nil) } }
            }
            if model.events != seen {
                seen = model.events
                deadline = Self.now().advanced(bySeconds: Self.patience)
            }
            guard Self.now() < deadline else { break }
        }
        model.expectSettled()
        for client in clients where !client.isIdle { client.violate("is left with unfinished exchanges") }
        try check()
    }

    /// Reads what has come, or waits a little for it.
    private func turn() throws(Failure) {
        let watched = clients.flatMap { client in client.connections.map { (client, $0) } }
        var polled = watched.map { _, connection in
            pollfd(fd: connection.descriptor, events: Int16(POLLIN | (connection.waitsToSend ? POLLOUT : 0)), revents: 0)
        }
        poll(&polled, nfds_t(polled.count), 1)
        for (ready, (client, connection)) in zip(polled, watched) where ready.revents != 0 {
            if ready.revents & Int16(POLLOUT) != 0 { connection.flush() }
            if client.connections.contains(where: { $0 === connection }) { client.read(connection) }
        }
        try check()
        tell()
    }

    private func check() throws(Failure) {
        if signals.next() != nil { throw .interrupted }
        guard let violation = model.verdict.violation else { return }
        pause(milliseconds: 100)
        try carry { () throws(BrokerProcess.Failure) in try broker.expectAlive() }
        throw .violation(violation)
    }

    private func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1_000) }

    private func carry<Result>(_ body: () throws(BrokerProcess.Failure) -> Result) throws(Failure) -> Result {
        do { return try body() } catch { throw .broker(error) }
    }

    private func connecting<Result>(_ body: () throws(TransportError) -> Result) throws(Failure) -> Result {
        do {
            return try body()
        } catch {
            try carry { () throws(BrokerProcess.Failure) in try broker.expectAlive() }
            throw .network(error)
        }
    }

    // What it says

    private func tell() {
        let now = Self.now()
        guard isatty(STDERR_FILENO) == 1, now >= toldAt.advanced(byMilliseconds: 500) else { return }
        toldAt = now
        say("\r\(kills) kills, \(summary.messages)  ", on: STDERR_FILENO)
    }

    var summary: (messages: String, all: String) {
        let (sent, got) = (model.acknowledged, model.received)
        let messages =
            "acknowledged \(sent[1]) of QoS 1 and \(sent[2]) of QoS 2, delivered \(got[0]), \(got[1]) and \(got[2]) of QoS 0, 1 and 2, "
            + "\(model.duplicates) duplicates"
        let seconds = (Self.now().nanoseconds - start.nanoseconds) / 1_000_000_000
        let all =
            "\(kills) kills, \(starts) starts, the slowest \(slowestStart) ms; \(messages); \(model.willsReceived) Wills delivered, "
            + "\(model.sessionsExpired) sessions expired; \(seconds) s"
        return (messages, all)
    }

    /// What each client has sent and read last; those a violation names come first.
    func journals(naming what: String) -> [(name: String, lines: [String])] {
        let named = clients.filter { what.contains($0.session.name) } + clients.filter { !what.contains($0.session.name) }
        return named.map { ($0.session.name, $0.journal.lines(since: start)) }
    }
}
