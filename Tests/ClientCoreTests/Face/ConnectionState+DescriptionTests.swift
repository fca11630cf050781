import ClientCore
import Testing

@Suite("What a state of the connection tells a person")
struct ConnectionStateDescriptionTests {
    @Test("Where to, which attempt, what was wrong, and when it is tried again")
    func words() {
        let server = ServerAddress(host: "::1", port: 1884)
        #expect("\(ConnectionState.connecting(server, attempt: 1))" == "connecting to [::1]:1884")
        #expect("\(ConnectionState.connecting(server, attempt: 3))" == "connecting to [::1]:1884, attempt 3")
        #expect(
            "\(ConnectionState.disconnected(.timedOut, retryAfter: .milliseconds(200)))" == "no answer in time; trying again in 0.2 seconds"
        )
        #expect("\(ConnectionState.stopped(nil))" == "stopped")
        #expect("\(ConnectionState.stopped(.connectionLost))" == "stopped: the connection to the broker is lost")
    }
}
