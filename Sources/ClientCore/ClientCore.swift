import MQTTCodec
import MQTTSession
import Primitives

/// One client's side of MQTT as a value: it is told what happened and what time it is, and answers with what to do.
///
/// It outlives connections: it connects again, subscribes again, sends again what was not acknowledged. It has no sockets,
/// no clock, no threads. Three verbs: `handle` an event (`receive` for bytes), `advance` to a moment, `nextDeadline`.
public struct ClientCore: ~Copyable {
    public let configuration: ClientConfiguration
    let version: ProtocolVersion
    var random: SeededRandom
    let hash: ByteHash

    /// How far the connection is.
    enum Phase: Equatable {
        case idle
        case waiting
        case opening
        case handshaking
        case connected
        case stopped
    }
    var phase = Phase.idle
    /// When opening or handshaking has taken too long, or waiting is over.
    var phaseDeadline = Instant.never
    var reconnection = Reconnection()
    var keepAlive = KeepAliveKeeping()

    // Of the Session
    var clientID: String
    var hasSessionState: Bool
    var flows = OutboundFlows()
    var inboundFlows = InboundFlows()
    var subscriptions = Subscriptions()
    var outbox: Outbox

    // Of the connection
    var info: ConnectionInfo?
    var limits = ServerLimits()
    var quota = SendQuota(1)
    var outgoingAliases = OutboundTopicAliases(maximum: 0)
    var incomingAliases = InboundTopicAliases(maximum: 0)
    var arrivals = Arrivals()
    var resending = Resending()
    var isCongested = false
    /// Output was held back, so that it does not grow without bound before it is written.
    private var isHoldingBack = false

    // Who waits
    var pings: [Operation] = []
    var flushes: [Flush] = []
    var reauthentication = Operation.nobody

    /// - Parameter seed: of every random choice, such as jitter
    public init(_ configuration: ClientConfiguration, seed: UInt64) {
        self.configuration = configuration
        version = configuration.version == .v5 ? .v5 : .v3_1_1
        random = SeededRandom(seed: seed)
        hash = ByteHash(seed: seed)
        clientID = configuration.clientID
        hasSessionState = configuration.session != .thisRun
        outbox = Outbox(limits: configuration.outbox)
    }

    deinit {
        var (flows, inboundFlows, aliases, incoming) = (flows, inboundFlows, outgoingAliases, incomingAliases)
        flows.deallocate()
        inboundFlows.deallocate()
        aliases.deallocate()
        incoming.deallocate()
        var (waiting, held) = (outbox.waiting, outbox.held)
        waiting.deallocate()
        held.deallocate()
    }

    /// Something happened.
    public mutating func handle(_ event: ClientEvent, at now: Instant, into actions: inout ClientActions) {
        let written = actions.output.count
        switch event {
        case .start(let stored): start(stored, at: now, into: &actions)
        case .stop(let publishWill): stop(publishWill: publishWill, into: &actions)
        case .publish(let publication, let completion, let acceptance):
            publish(publication, completion: completion, acceptance: acceptance, into: &actions)
        case .flush(let operation): flush(operation, into: &actions)
        case .subscribe(let request, let operation): subscribe(request, operation, into: &actions)
        case .unsubscribe(let subscription, let operation): unsubscribe(subscription, operation, into: &actions)
        case .acknowledge(let receipts): acknowledge(receipts, into: &actions)
        case .ping(let operation): ping(operation, at: now, into: &actions)
        case .reauthenticate(let operation): reauthenticate(operation, into: &actions)
        case .opened: opened(at: now, into: &actions)
        case .openFailed(let reason): openFailed(reason, at: now, into: &actions)
        case .closed: closed(at: now, into: &actions)
        case .writable:
            (isCongested, isHoldingBack) = (false, false)
            completeFlushes(into: &actions)
            pump(into: &actions)
        // It may be told of a connection that has just been given up.
        case .congested: isCongested = phase == .handshaking || phase == .connected
        case .written: keepAlive.progressed(at: now, timeout: configuration.pingTimeout)
        case .readingPaused(let isPaused): keepAlive.readingPaused(isPaused, at: now, timeout: configuration.pingTimeout)
        case .committed(let number): committed(number, into: &actions)
        case .loaded(let messages): loaded(messages, into: &actions)
        case .commitFailed(let number, let reason): commitFailed(number, reason, at: now, into: &actions)
        case .loadFailed: outbox.loadFailed(at: now)
        }
        if actions.output.count != written { keepAlive.sent(at: now) }
        commitChanges(into: &actions)
    }

    /// Bytes came; how many of them were whole packets. The rest is to be given again, with what comes behind it.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer, at now: Instant, into actions: inout ClientActions) -> Int {
        let written = actions.output.count
        let consumed = decode(bytes, at: now, into: &actions)
        if actions.output.count != written { keepAlive.sent(at: now) }
        commitChanges(into: &actions)
        return consumed
    }

    /// Does what is due.
    public mutating func advance(to now: Instant, into actions: inout ClientActions) {
        if phaseDeadline <= now { phaseEnded(at: now, into: &actions) }
        supervise(at: now, into: &actions)
        if phase == .connected, subscriptions.claimingEnds <= now {
            subscriptions.endClaiming()
            sendAcknowledgements(into: &actions)
        }
        if outbox.retryDue <= now {
            outbox.retryDue = .never
            pump(into: &actions)
        }
        commitChanges(into: &actions)
    }

    /// When `advance` has something to do next.
    public var nextDeadline: Instant {
        min(phase == .connected ? min(keepAlive.nextDeadline, subscriptions.claimingEnds) : phaseDeadline, outbox.retryDue)
    }

    /// Whether an answer of the server is awaited, so that reading must go on.
    public var awaitsAnswer: Bool { flows.count > 0 || subscriptions.awaitsAnswer || !pings.isEmpty || reauthentication != .nobody }

    /// Whether it is to be told `writable` when all output is written: output was held back, or somebody waits for just that.
    public var awaitsWriting: Bool { isHoldingBack || flushes.contains { $0.left == 0 } }

    /// Whether the outbox is empty: everything is sent and acknowledged.
    public var isFlushed: Bool { outbox.count == 0 }

    /// Bytes of output after which nothing more is taken from the outbox until they are written.
    static let outputBytes = 262_144

    /// Whether more output may be written now.
    mutating func mayWrite(_ actions: borrowing ClientActions) -> Bool {
        isHoldingBack = actions.output.count >= Self.outputBytes
        return !isHoldingBack && !isCongested
    }
}
