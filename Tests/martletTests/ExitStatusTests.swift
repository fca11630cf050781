import MQTTClient
import Testing

@testable import martlet

@Suite("Exit statuses")
struct ExitStatusTests {
    @Test(
        "What the library throws ends with the status that names it",
        arguments: [
            (MQTTClientError.refused(.notAuthorized, reason: nil), 3), (.publishRefused(.quotaExceeded, reason: nil), 3),
            (.subscriptionRefused([.notAuthorized], reason: nil), 3), (.packetTooLarge(bytes: 2, maximum: 1), 3), (.timedOut, 4),
            (.connectionLost, 5), (.unreachable(ServerAddress(host: "h"), reason: "r"), 5),
            (.disconnected(.sessionTakenOver, reason: nil), 5),
            (.invalidTopic("#", reason: "r"), 2), (.invalidFilter("a#", reason: "r"), 2), (.invalidURL("x", expected: "y"), 2),
            (.outboxFull, 1), (.cancelled, 130),
        ])
    func statuses(error: MQTTClientError, status: Int) {
        #expect(Int(Failure(error).status.rawValue) == status)
        #expect(Failure(error as any Error) == Failure(error))
    }

    @Test("A reader that has gone is no failure, and nothing is said")
    func outputClosed() {
        #expect(Failure.outputClosed.status == .done)
        #expect(Failure.outputClosed.message == nil)
    }
}
