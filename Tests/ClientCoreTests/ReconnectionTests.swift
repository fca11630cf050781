import MQTTCodec
import Primitives
import Testing

@testable import ClientCore

@Suite("Connecting again")
struct ReconnectionTests {
    private func delays(_ client: TestClient) -> [Duration] {
        client.states.compactMap { if case .disconnected(_, let delay) = $0 { delay } else { nil } }
    }

    @Test("Each failure doubles the wait, up to the longest, less up to half of it by chance", arguments: 1...20 as ClosedRange<UInt64>)
    func backoff(seed: UInt64) {
        var configuration = ClientConfiguration(host: "broker")
        configuration.reconnection.firstDelay = .milliseconds(100)
        configuration.reconnection.longestDelay = .milliseconds(1_000)
        let client = TestClient(configuration, seed: seed)
        client.start()
        for _ in 0..<6 {
            client.handle(.openFailed("no"))
            client.advanceToDeadline()
        }
        for (delay, longest) in zip(delays(client), [100, 200, 400, 800, 1_000, 1_000] as [Int64]) {
            #expect(delay >= .milliseconds(longest / 2) && delay <= .milliseconds(longest))
        }
        #expect(delays(client).count == 6)
    }

    @Test("Clients that lost the same server do not come back together")
    func jitter() {
        let waits = (1...40 as ClosedRange<UInt64>).map { seed in
            let client = TestClient(ClientConfiguration(host: "broker"), seed: seed)
            client.start()
            client.handle(.openFailed("no"))
            return delays(client)[0]
        }
        #expect(Set(waits).count > 20)
    }

    @Test("A connection that lasted makes the next wait short; one that ends at once does not")
    func lasting() {
        let client = TestClient()
        client.start()
        for _ in 0..<5 {
            client.handle(.openFailed("no"))
            client.advanceToDeadline()
        }
        client.connect()
        client.breakConnection()
        #expect(delays(client).last ?? .zero > .seconds(1))
        client.connect()
        client.advance(seconds: 30)
        client.receive(.pingResponse)
        client.breakConnection()
        #expect(delays(client).last ?? .zero <= .milliseconds(200))
    }

    @Test("What a connection could not write any more does not hold up the next one")
    func congestedAtTheEnd() {
        let client = TestClient()
        client.connect()
        client.breakConnection()
        client.handle(.congested)
        client.connect(sessionPresent: true)
        client.publish("a", "x")
        #expect(client.sentPublishes().map(\.text) == ["x"])
    }

    @Test("A server that refuses because it is busy leaves the turn to the next one")
    func busy() {
        let client = TestClient { $0.servers.append(ServerAddress(host: "second")) }
        client.open()
        client.receive(.connack(.serverBusy))
        client.advanceToDeadline()
        #expect(client.opened.map(\.host) == ["broker", "second"])
    }

    @Test("Attempts are counted from the start, and from each loss")
    func attempts() {
        let client = TestClient()
        client.start()
        client.handle(.openFailed("no"))
        client.connect()
        client.breakConnection()
        client.open()
        client.breakConnection()
        client.open()
        let attempts = client.states.compactMap { if case .connecting(_, let attempt) = $0 { attempt } else { nil } }
        #expect(attempts == [1, 2, 1, 2])
    }

    @Test("After as many failures as were allowed the client gives up, with the last reason", arguments: 1...4)
    func limit(maximum: Int) {
        let client = TestClient { $0.reconnection.maximumAttempts = maximum }
        client.start()
        for _ in 0..<maximum {
            client.handle(.openFailed("gone"))
            client.advanceToDeadline()
        }
        #expect(client.isFinished && client.opened.count == maximum)
        #expect(client.lastError == .unreachable(ServerAddress(host: "broker"), reason: "gone"))
    }

    @Test("Servers that cannot be reached, or let nobody in, are followed by the next one")
    func turns() {
        let client = TestClient {
            $0.servers = ["a", "b", "c"].map { ServerAddress(host: $0) }
            $0.connectTimeout = .seconds(1)
        }
        client.start()
        client.handle(.openFailed("no"))
        client.open()
        client.breakConnection()  // before CONNACK
        client.open()
        client.advance(seconds: 1)  // no CONNACK
        client.connect()
        client.breakConnection()
        client.connect()
        #expect(client.opened.map(\.host) == ["a", "b", "c", "a", "a"])
    }

    @Test(
        "A Server Reference names a host, with or without a port",
        arguments: [
            ("host", "host", 1883), ("host:1", "host", 1), ("a:5 b:6", "a", 5), ("[::1]:7", "::1", 7), ("[fe80::1]", "fe80::1", 1883),
            ("fe80::1", "fe80::1", 1883),
        ] as [(String, String, UInt16)])
    func references(text: String, host: String, port: UInt16) {
        #expect(ServerAddress(reference: text) == ServerAddress(host: host, port: port))
    }

    @Test("What names no server is none", arguments: ["", " ", ":1", "a:", "a:0", "a:70000", "[::1]x", "[::1]:"])
    func noReferences(text: String) { #expect(ServerAddress(reference: text) == nil) }
}
