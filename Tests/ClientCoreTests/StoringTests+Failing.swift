import MQTTCodec
import Testing

@testable import ClientCore

@Suite("A store that fails and recovers")
struct FailingStoreTests {
    private let client: TestClient

    init() {
        client = TestClient(store: VirtualStore()) { $0.session = .kept(seconds: 600) }
        client.storesAtOnce = false
        client.connect()
    }

    /// Until the store has done everything, also what it is asked once more.
    private func recover() {
        for _ in 0..<3 {
            while client.work() {}
            client.advance(seconds: 2)
        }
    }

    @Test("What was refused is neither sent nor stored later, whatever has been decided about it meanwhile")
    func refused() {
        let operations = [client.publish("a", "0", qos: .atMostOnce), client.publish("a", "1"), client.publish("a", "2", qos: .atMostOnce)]
        client.failWork()
        #expect(client.outcomes[operations[1]] == .failed(.outboxFailed(reason: "full")))
        recover()
        #expect(client.sentPublishes().map(\.text) == ["0", "2"])
        #expect(client.store?.isEmpty == true && client.isFlushed)
    }

    @Test("A message with QoS 0 that was to be sent after it was safe is refused as well")
    func refusedAtMostOnce() {
        client.publish("a", "1")
        client.failWork()
        client.publish("a", "2")
        let operation = client.publish("a", "3", qos: .atMostOnce)
        recover()
        #expect(client.outcomes[operation] == .done(.success))
        #expect(client.sentPublishes().map(\.text) == ["2", "3"])
        client.publish("a", "4")
        let held = client.publish("a", "5", qos: .atMostOnce)
        client.work()
        client.failWork()
        #expect(client.outcomes[held] == .failed(.outboxFailed(reason: "full")))
        recover()
        #expect(!client.sentPublishes().map(\.text).contains("5"))
    }

    @Test("What was under way before goes on when nothing of the batch is left to be safe")
    func goesOn() {
        client.publish("a", "1", qos: .exactlyOnce)
        while client.work() {}
        _ = client.sent()
        client.publish("a", "2")
        client.breakConnection()
        client.connect(sessionPresent: true)
        #expect(client.sent().isEmpty)
        client.failWork()
        recover()
        #expect(client.sentPublishes().map(\.text) == ["1"])
    }

    @Test("What has to be remembered is stored when the store is there again [MQTT-4.3.3-5]")
    func remembered() {
        client.publish("a", "1", qos: .exactlyOnce)
        while client.work() {}
        _ = client.sent()
        client.receive(.pubrec(1))
        client.failWork()
        #expect(client.sent().isEmpty)
        recover()
        #expect(client.sent() == [.pubrel(1)])
        client.receive(.pubcomp(1))
        recover()
        #expect(client.store?.isEmpty == true)
    }
}
