import MQTTCodec
import Primitives

/// The client's side of Keep Alive [MQTT5 §3.1.2.10]: a PINGREQ breaks silence in either direction, and its answer shows that the
/// connection is alive.
struct KeepAliveKeeping {
    /// Silence after which a PINGREQ goes out, a little shorter than what was promised; 0: never.
    private var intervalMilliseconds: Int64 = 0
    private var lastSent = Instant.never
    private var lastReceived = Instant.never
    /// When PINGRESP is late.
    private var answerDue = Instant.never
    private(set) var awaitsAnswer = false
    private var isPaused = false

    var nextDeadline: Instant { min(pingDue, answerDue) }

    private var pingDue: Instant {
        guard intervalMilliseconds > 0 else { return .never }
        // While an answer is awaited, the server is still to hear of us [MQTT-3.1.2-20].
        return (awaitsAnswer ? lastSent : min(lastSent, lastReceived)).advanced(byMilliseconds: intervalMilliseconds)
    }

    /// The connection stands; `seconds` is the server's Keep Alive where it named one [MQTT-3.1.2-21] [MQTT-3.2.2-21].
    mutating func begin(seconds: UInt16, at now: Instant) {
        self = KeepAliveKeeping()
        intervalMilliseconds = Int64(seconds) * 900
        (lastSent, lastReceived) = (now, now)
    }

    mutating func sent(at now: Instant) { lastSent = now }
    mutating func received(at now: Instant) { lastReceived = now }

    /// Bytes come or go: an answer behind a large packet has its time once more.
    mutating func progressed(at now: Instant, timeout: Duration) {
        if answerDue != .never { answerDue = now.advanced(byMilliseconds: timeout.wholeMilliseconds) }
    }

    func isPingDue(at now: Instant) -> Bool { pingDue <= now }
    func isAnswerLate(at now: Instant) -> Bool { answerDue <= now }

    mutating func asked(at now: Instant, timeout: Duration) {
        lastSent = now
        guard !awaitsAnswer else { return }
        awaitsAnswer = true
        answerDue = isPaused ? .never : now.advanced(byMilliseconds: timeout.wholeMilliseconds)
    }

    mutating func answered() {
        awaitsAnswer = false
        answerDue = .never
    }

    /// Who does not read sees no answer.
    mutating func readingPaused(_ isPaused: Bool, at now: Instant, timeout: Duration) {
        self.isPaused = isPaused
        if awaitsAnswer { answerDue = isPaused ? .never : now.advanced(byMilliseconds: timeout.wholeMilliseconds) }
    }
}

extension ClientCore {
    /// Asks for a sign of life [MQTT-3.1.2-20] [MQTT-3.1.2-23 of 3.1.1], and gives up a connection that gives none.
    mutating func supervise(at now: Instant, into actions: inout ClientActions) {
        guard phase == .connected else { return }
        if keepAlive.isAnswerLate(at: now) {
            disconnect(.unspecifiedError, into: &actions)
            lose(.timedOut, at: now, into: &actions)
        } else if keepAlive.isPingDue(at: now) {
            requestPing(at: now, into: &actions)
        }
    }

    mutating func ping(_ operation: Operation, at now: Instant, into actions: inout ClientActions) {
        guard phase == .connected else { return actions.complete(operation, .failed(phase == .stopped ? .stopped : .connectionLost)) }
        pings.append(operation)
        if !keepAlive.awaitsAnswer { requestPing(at: now, into: &actions) }
    }

    mutating func pingAnswered(into actions: inout ClientActions) {
        keepAlive.answered()
        for operation in pings { actions.complete(operation, .done(.success)) }
        pings.removeAll()
    }

    private mutating func requestPing(at now: Instant, into actions: inout ClientActions) {
        send(.pingRequest, into: &actions)
        keepAlive.asked(at: now, timeout: configuration.pingTimeout)
    }
}

extension Duration {
    /// Rounded down, at least 0, at most some 35,000 years.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds < 1 << 40 else { return 1 << 50 }
        return max(0, seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}
