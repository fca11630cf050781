import MQTTCodec
import Primitives
import Testing

@testable import ClientCore

@Suite("The client as a value")
struct ClientCoreTests {
    @Test("The same events at the same moments give the same bytes")
    func deterministic() {
        func run() -> [UInt8] {
            let client = TestClient(version: .v3_1_1) { $0.clientID = "" }
            client.connect()
            client.publish("a", "1")
            client.subscribe(1, "b")
            let bytes = client.sentBytes()
            client.breakConnection()
            client.advanceToDeadline()
            client.isOpened()
            client.handle(.opened)
            return bytes + client.sentBytes()
        }
        #expect(run() == run())
    }

    @Test("It tells when something is due: an attempt, a CONNACK, a PINGREQ, or nothing")
    func deadlines() {
        var core = ClientCore(ClientConfiguration(host: "broker"), seed: 1)
        var actions = ClientActions()
        #expect(core.nextDeadline == .never)
        let start = Instant(nanoseconds: 5_000_000_000)
        core.handle(.start(stored: nil), at: start, into: &actions)
        #expect(core.nextDeadline == start.advanced(bySeconds: 10))
        core.handle(.opened, at: start, into: &actions)
        #expect(core.nextDeadline == start.advanced(bySeconds: 10))
        _ = Packet.connack().bytes(.v5).withUnsafeBytes { core.receive($0, at: start, into: &actions) }
        #expect(core.nextDeadline == start.advanced(bySeconds: 54))
        core.handle(.stop(publishWill: false), at: start, into: &actions)
        #expect(core.nextDeadline == .never)
    }

    @Test("It says whether an answer is awaited, so that reading must go on")
    func awaitsAnswer() {
        let client = TestClient()
        client.connect()
        #expect(!client.awaitsAnswer)
        client.publish("a")
        #expect(client.awaitsAnswer)
        client.receive(.puback(1))
        #expect(!client.awaitsAnswer)
        client.ping()
        #expect(client.awaitsAnswer)
        client.receive(.pingResponse)
        client.subscribe(1, "a")
        #expect(client.awaitsAnswer)
        client.receive(.suback(2, .success))
        #expect(!client.awaitsAnswer)
    }

    @Test("A second start, and news of a connection that is over, change nothing")
    func outOfPlace() {
        let client = TestClient()
        client.connect()
        client.start()
        client.handle(.opened)
        client.handle(.openFailed("late"))
        #expect(client.isOpen && client.opened.count == 1)
        client.breakConnection()
        client.handle(.closed)
        client.receive([1, 2, 3])
        #expect(client.states.count == 3)
    }

    @Test(
        "The Session lasts at least as long as its connection [MQTT-4.1.0-1] [MQTT-4.1.0-2 of 3.1.1] [MQTT-4.1.0-1 of 3.1.1]",
        arguments: ClientVersion.allCases)
    func session(version: ClientVersion) {
        let client = TestClient(version: version) { $0.keepAlive = .zero }
        client.connect()
        client.subscribed(1, "#")
        let operation = client.publish("a", qos: .exactlyOnce)
        client.receive(.publish("a", "1", qos: .exactlyOnce, id: 4))
        client.advance(seconds: 1_000_000)
        client.receive(.publish("a", "1", qos: .exactlyOnce, id: 4, dup: true), .pubrec(2), .pubcomp(2))
        #expect(client.texts() == ["1"] && client.outcomes[operation] == .done(.success))
    }
}
