import MQTTCodec
import Primitives
import Testing

@testable import ClientCore

/// A client and a server with a connection between them that breaks at any byte; either may die at any moment.
///
/// All that happens comes from the seed.
final class LossyRun {
    /// What a run is like.
    struct Conditions {
        var version: ClientVersion
        /// The client has a store, and may die.
        var hasStore: Bool
        /// The server may lose its Sessions.
        var losesSessions: Bool
    }

    private let label: String
    private let conditions: Conditions
    private let configuration: ClientConfiguration
    private var random: SeededRandom
    private var client: TestClient
    private var server: ModelServer
    private var toServer: [UInt8] = []
    private var attemptsSeen = 0
    private var isLinked = false
    private let storeFails: Bool

    /// A message of the client.
    private struct Sent {
        var qos: QoS
        var operation: Operation
        var isLost = false
    }
    private var sent: [Sent] = []
    /// Those given to the present client, and what they weigh.
    private var given = (messages: 0, bytes: 0)
    /// Messages of the server by their QoS.
    private var offered: [QoS] = []
    private var received: [String] = []
    private var unacknowledged: [UInt64] = []
    private var restarts = 0

    init(seed: UInt64, _ conditions: Conditions) {
        label = "seed \(seed): "
        self.conditions = conditions
        random = SeededRandom(seed: seed)
        storeFails = conditions.hasStore && Bool.random(using: &random)
        var configuration = ClientConfiguration(host: "server", clientID: "c")
        configuration.version = conditions.version
        let isKept = conditions.hasStore || conditions.version == .v3_1_1 || Bool.random(using: &random)
        configuration.session = isKept ? .kept(seconds: 1_000_000) : .thisRun
        configuration.inFlight = .random(in: 1...8, using: &random)
        configuration.receiveMaximum = .random(in: 1...8, using: &random)
        configuration.outbox.bytesInMemory = .random(in: 1...40, using: &random)
        configuration.outgoingTopicAliases = .random(in: 0...3, using: &random)
        self.configuration = configuration
        server = ModelServer(
            label: label, version: conditions.version == .v5 ? .v5 : .v3_1_1, receiveMaximum: .random(in: 1...8, using: &random),
            topicAliasMaximum: .random(in: 0...3, using: &random))
        var store = VirtualStore()
        store.label = label
        client = TestClient(configuration, store: conditions.hasStore ? store : nil, seed: seed)
        begin()
    }

    /// Trouble, then quiet, then what must be true.
    func run() {
        for _ in 0..<150 { step() }
        calmDown()
        check()
    }

    // MARK: What may happen

    private func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<18: publish()
        case 18..<26: offer()
        case 26..<45: carryToServer(.random(in: 0...60, using: &random))
        case 45..<62: carryToClient(.random(in: 0...60, using: &random))
        case 62..<72: server.answer()
        case 72..<82: client.work()
        case 82..<88: acknowledge()
        case 88..<91: breakConnection()
        case 91..<93: client.advance(milliseconds: .random(in: 0...20_000, using: &random))
        case 93 where conditions.hasStore: restart(isAskedTo: Bool.random(using: &random))
        case 94 where storeFails: client.failWork()
        case 95 where conditions.losesSessions: loseSession()
        default: client.advanceToDeadline()
        }
        look()
    }

    private func begin() {
        client.label = label
        client.storesAtOnce = false
        attemptsSeen = 0
        given = (0, 0)
        client.start()
        client.subscribe(1, TopicSubscription("t", maximumQoS: .exactlyOnce))
    }

    private func publish() {
        guard sent.count < 40 else { return }
        let qos = QoS.allCases.randomElement(using: &random) ?? .atMostOnce
        let operation = client.operation()
        let topic = ["t", "u", "v/w"].randomElement(using: &random) ?? "t"
        let publication = Publication(topic: topic, payload: Array("\(sent.count)".utf8), qos: qos)
        sent.append(Sent(qos: qos, operation: operation))
        given = (given.messages + 1, given.bytes + publication.weight)
        let isEnqueued = Bool.random(using: &random)
        client.handle(
            .publish(publication, completion: isEnqueued ? .nobody : operation, acceptance: isEnqueued ? operation : .nobody))
    }

    private func offer() {
        guard offered.count < 30 else { return }
        let qos = QoS.allCases.randomElement(using: &random) ?? .atMostOnce
        if server.publish("\(offered.count)", qos) { offered.append(qos) }
    }

    private func carryToServer(_ count: Int) {
        look()
        server.receive(Array(toServer.prefix(count)))
        toServer.removeFirst(min(count, toServer.count))
    }

    private func carryToClient(_ count: Int) {
        if client.isOpen { client.receive(server.takeOutput(count)) }
    }

    private func acknowledge() {
        guard let index = unacknowledged.indices.randomElement(using: &random) else { return }
        client.handle(.acknowledge([unacknowledged.remove(at: index)]))
    }

    /// A part of what is under way still arrives.
    private func breakConnection() {
        guard client.isOpen else { return }
        carryToClient(.random(in: 0...server.output.count, using: &random))
        look()
        guard client.isOpen else { return }
        cut()
        client.breakConnection()
        _ = client.sentBytes()
    }

    private func loseSession() {
        breakConnection()
        server.loseSession()
    }

    /// The client's process ends, with or without a word; the next one has what the store has done.
    private func restart(isAskedTo: Bool) {
        if isAskedTo {
            client.stop()
            while client.work() {}
        }
        guard var store = client.store else { return }
        restarts += 1
        look()
        cut()
        for index in sent.indices where !sent[index].isLost {
            // Who was told nothing may have lost it; QoS 0 is nowhere once it is on its way.
            let isAccepted = sent[index].operation == .nobody || client.outcomes[sent[index].operation] == .done(.success)
            if !isAccepted || sent[index].qos == .atMostOnce { sent[index].isLost = true }
        }
        store.crash()
        unacknowledged = []
        let next = TestClient(configuration, store: store, seed: random.next())
        next.skipOperations(UInt64(sent.count))
        for index in sent.indices where !sent[index].isLost { sent[index].operation = .nobody }
        client = next
        begin()
    }

    /// Takes what the client has done.
    private func look() {
        toServer += client.sentBytes()
        // It has closed by itself.
        if isLinked, !client.isOpen { cut() }
        if case .connecting? = client.states.last, client.opened.count > attemptsSeen {
            if Int.random(in: 0..<5, using: &random) == 0 {
                client.handle(.openFailed("no"))
            } else {
                isLinked = true
                client.isOpened()
                client.handle(.opened)
                toServer += client.sentBytes()
            }
        }
        attemptsSeen = client.opened.count
        for (_, message) in client.takeReceived() {
            received.append(String(decoding: message.payload, as: UTF8.self))
            if message.receipt != 0 { unacknowledged.append(message.receipt) }
        }
        if case .protocolViolation(let what)? = client.lastError { Issue.record("\(label)\(what)") }
    }

    /// Some of what is under way still arrives at the server.
    private func cut() {
        server.receive(Array(toServer.prefix(.random(in: 0...toServer.count, using: &random))))
        server.closed()
        toServer = []
        isLinked = false
    }

    // MARK: The end

    private var isQuiet: Bool {
        client.connection != nil && client.isFlushed && server.isDone && server.output.isEmpty && toServer.isEmpty && unacknowledged.isEmpty
            && client.store?.jobs.isEmpty ?? true
    }

    private func calmDown() {
        for _ in 0..<3_000 {
            if isQuiet { return }
            if client.isOpen {
                carryToServer(.max)
                while server.hasAnswers { server.answer() }
                carryToClient(.max)
            } else {
                client.advanceToDeadline()
            }
            while client.work() {}
            client.advance(milliseconds: 100)
            look()
            while !unacknowledged.isEmpty { client.handle(.acknowledge([unacknowledged.removeFirst()])) }
            look()
        }
        Issue.record("\(label)no end: \(client.states.suffix(2))")
    }

    private func check() {
        let arrivals = server.arrived.compactMap { Int($0) }
        let times = Dictionary(arrivals.map { ($0, 1) }, uniquingKeysWith: +)
        for (number, message) in sent.enumerated() {
            let count = times[number] ?? 0
            if storeFails, client.outcomes[message.operation] == .failed(.outboxFailed(reason: "full")) {
                if count > 0 { fail("\(number) was refused and arrived") }
                continue
            }
            if message.isLost, message.qos < .exactlyOnce { continue }
            switch message.qos {
            case .atMostOnce: if count > 1 { fail("\(number) with QoS 0 arrived \(count) times") }
            case .atLeastOnce: if count == 0 { fail("\(number) with QoS 1 never arrived") }
            case .exactlyOnce:
                if count == 0, !message.isLost { fail("\(number) with QoS 2 never arrived") }
                if count > 1, server.lostSessions == 0 { fail("\(number) with QoS 2 arrived \(count) times") }
            }
            if message.operation != .nobody, !message.isLost, client.outcomes[message.operation] != .done(.success) {
                fail("\(number) ended with \(String(describing: client.outcomes[message.operation]))")
            }
        }
        checkOrder(arrivals.filter { sent[$0].qos > .atMostOnce || !conditions.hasStore }, "at the server")
        checkReceived()
        if client.released != given { fail("released \(client.released) of \(given)") }
        if client.store?.isEmpty == false { fail("the store is not empty") }
    }

    private func checkReceived() {
        guard server.lostSessions == 0 else { return }
        let arrivals = received.compactMap { Int($0) }
        let times = Dictionary(arrivals.map { ($0, 1) }, uniquingKeysWith: +)
        for (number, qos) in offered.enumerated() {
            let count = times[number] ?? 0
            if qos == .atMostOnce ? count > 1 : count == 0 { fail("\(number) of the server with \(qos) came \(count) times") }
            if qos == .exactlyOnce, count > 1, restarts == 0 { fail("\(number) of the server with QoS 2 came \(count) times") }
        }
        checkOrder(arrivals.filter { offered[$0] > .atMostOnce }, "at the client")
    }

    private func checkOrder(_ arrivals: [Int], _ place: String) {
        var seen: Set<Int> = []
        let first = arrivals.filter { seen.insert($0).inserted }
        if first != first.sorted() { fail("out of order \(place): \(first)") }
    }

    private func fail(_ what: String) { Issue.record("\(label)\(what)") }
}
