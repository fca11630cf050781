import MQTTCodec
import Primitives
import Testing

@testable import ClientCore

/// A client in virtual time, and a server whose every word the test says.
///
/// Whatever the client is told is dealt with completely before the call returns.
final class TestClient {
    private var core: ClientCore
    let version: ProtocolVersion
    private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    var store: VirtualStore?
    /// What a problem is reported with.
    var label = ""
    /// Whether the store does at once what it is asked to.
    var storesAtOnce = true

    private var actions = ClientActions()
    /// Bytes of the client that nobody has taken.
    private var output: [UInt8] = []
    /// The beginning of a packet of the server.
    private var unfinished: [UInt8] = []
    private var lastOperation: UInt64 = 0

    private(set) var isOpen = false
    /// Every server it has asked to be connected with.
    private(set) var opened: [ServerAddress] = []
    private(set) var states: [ConnectionState] = []
    private(set) var outcomes: [Operation: Outcome] = [:]
    private(set) var received: [(subscription: UInt32, message: ReceivedMessage)] = []
    private(set) var endedSubscriptions: [UInt32] = []
    private(set) var isFinished = false
    /// Messages and bytes that have left the outbox.
    private(set) var released = (messages: 0, bytes: 0)
    /// Messages that did not get through without anybody being told.
    private(set) var failedMessages = 0

    init(_ configuration: ClientConfiguration, store: VirtualStore? = nil, seed: UInt64 = 1) {
        core = ClientCore(configuration, seed: seed)
        version = configuration.version == .v5 ? .v5 : .v3_1_1
        self.store = store
    }

    convenience init(
        version: ClientVersion = .v5, store: VirtualStore? = nil, _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) {
        var configuration = ClientConfiguration(host: "broker", clientID: "c")
        configuration.version = version
        change(&configuration)
        self.init(configuration, store: store)
    }

    // MARK: What happens to it

    func handle(_ event: ClientEvent) {
        core.handle(event, at: now, into: &actions)
        carryOut()
    }

    func start() { handle(.start(stored: store?.stored)) }
    func stop(publishWill: Bool = false) { handle(.stop(publishWill: publishWill)) }

    /// Time passes, and what is due on the way is done when it is due.
    func advance(milliseconds: Int64) {
        let end = now.advanced(byMilliseconds: milliseconds)
        while core.nextDeadline <= end {
            now = max(now, core.nextDeadline)
            core.advance(to: now, into: &actions)
            carryOut()
        }
        now = end
    }

    func advance(seconds: Int64) { advance(milliseconds: seconds * 1_000) }

    /// Time passes until the next thing is due; false: nothing is.
    @discardableResult func advanceToDeadline() -> Bool {
        let due = core.nextDeadline
        guard due != .never else { return false }
        now = max(now, due)
        core.advance(to: now, into: &actions)
        carryOut()
        return true
    }

    /// The store does the first thing it was asked to.
    @discardableResult func work() -> Bool {
        guard let event = store?.work() else { return false }
        handle(event)
        return true
    }

    /// The store fails at the first thing it was asked to do.
    func failWork() {
        if let event = store?.fail() { handle(event) }
    }

    /// The server's bytes.
    func receive(_ bytes: [UInt8]) {
        unfinished += bytes
        let bytes = unfinished
        let consumed = bytes.withUnsafeBytes { core.receive($0, at: now, into: &actions) }
        unfinished.removeFirst(min(consumed, unfinished.count))
        carryOut()
    }

    func receive(_ packets: Packet...) { receive(packets.flatMap { $0.bytes(version) }) }

    // MARK: What it does

    var isFlushed: Bool { core.isFlushed }
    var awaitsAnswer: Bool { core.awaitsAnswer }

    /// The packets it has sent since the last call.
    func sent() -> [Packet] {
        do {
            return try Packet.take(from: &output, version: version, sender: .client)
        } catch {
            Issue.record("\(label)the client sent what is no packet: \(error), in \(output.prefix(64))")
            return []
        }
    }

    /// The bytes it has sent since the last call.
    func sentBytes() -> [UInt8] {
        defer { output = [] }
        return output
    }

    /// Payloads of what came for `subscription`, or for anybody.
    func texts(for subscription: UInt32? = nil) -> [String] {
        received.filter { subscription == nil || $0.subscription == subscription }.map {
            String(decoding: $0.message.payload, as: UTF8.self)
        }
    }

    /// The messages that came since the last call.
    func takeReceived() -> [(subscription: UInt32, message: ReceivedMessage)] {
        defer { received = [] }
        return received
    }

    func operation() -> Operation {
        lastOperation += 1
        return Operation(lastOperation)
    }

    /// Those that still wait.
    var operationsWithoutOutcome: Int { Int(lastOperation) - outcomes.count }

    /// Operations of these numbers are another client's.
    func skipOperations(_ count: UInt64) { lastOperation += 1_000 * count }

    private func carryOut() {
        repeat {
            output += Array(actions.output.bytes)
            actions.output.removeAll()
            received += actions.received
            actions.received = []
            released.messages += actions.releasedMessages
            released.bytes += actions.releasedBytes
            failedMessages += actions.failedMessages
            (actions.releasedMessages, actions.releasedBytes, actions.failedMessages) = (0, 0, 0)
            let list = actions.list
            actions.list = []
            for action in list { carryOut(action) }
            if core.awaitsWriting { core.handle(.writable, at: now, into: &actions) }
            if storesAtOnce, actions.isEmpty, let event = store?.work() { core.handle(event, at: now, into: &actions) }
        } while !actions.isEmpty
    }

    private func carryOut(_ action: ClientAction) {
        if case .completed = action {} else if isFinished { Issue.record("\(label)\(action) after the end") }
        switch action {
        case .open(let server): opened.append(server)
        case .close:
            isOpen = false
            unfinished = []
        case .state(let state): states.append(state)
        case .completed(let operation, let outcome):
            if let other = outcomes[operation] { Issue.record("\(label)\(operation) completed twice: \(other), \(outcome)") }
            outcomes[operation] = outcome
        case .ended(let subscription, _): endedSubscriptions.append(subscription)
        case .commit(let changes, let number): store?.ask(.commit(changes, number: number))
        case .load(let sequence, let bytes): store?.ask(.load(after: sequence, bytes: bytes))
        case .finished: isFinished = true
        }
    }

    // MARK: The connection

    /// What it asked for last stands now.
    func isOpened() { isOpen = true }

    /// What was sent is lost from here on.
    func isClosed() {
        isOpen = false
        unfinished = []
    }
}
