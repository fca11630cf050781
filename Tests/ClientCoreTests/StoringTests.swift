import MQTTCodec
import Testing

@testable import ClientCore

@Suite("An outbox in a store")
struct StoringTests {
    private func client(_ store: VirtualStore = VirtualStore(), _ change: (inout ClientConfiguration) -> Void = { _ in }) -> TestClient {
        let client = TestClient(store: store) {
            $0.session = .kept(seconds: 600)
            change(&$0)
        }
        client.storesAtOnce = false
        return client
    }

    private func workAll(_ client: TestClient) { while client.work() {} }

    /// The process ends here; what the next one finds.
    private func crash(_ client: TestClient) throws -> VirtualStore {
        var store = try #require(client.store)
        store.crash()
        return store
    }

    @Test("A message is accepted when it is safe, and sent no sooner")
    func accepted() {
        let client = client()
        client.connect()
        let operation = client.enqueue("a", "1", qos: .exactlyOnce)
        #expect(client.outcomes[operation] == nil && client.sent().isEmpty)
        client.work()
        #expect(client.outcomes[operation] == .done(.success))
        workAll(client)
        #expect(client.sentPublishes().map(\.text) == ["1"])
    }

    @Test("PUBREL waits until it is safe that PUBREC has come, and those behind it keep their order [MQTT-4.6.0-4] [MQTT-4.3.3-5]")
    func pubrelWaits() {
        let client = client()
        client.connect()
        for text in ["1", "2"] { client.publish("a", text, qos: .exactlyOnce) }
        workAll(client)
        _ = client.sent()
        client.receive(.pubrec(2))
        client.receive(.pubrec(1))
        #expect(client.sent().isEmpty)
        client.work()
        #expect(client.sent() == [.pubrel(2)])
        client.work()
        #expect(client.sent() == [.pubrel(1)])
    }

    @Test("QoS 0 goes out at once when nothing waits, and in its place when something does")
    func atMostOnce() {
        let client = client()
        client.connect()
        client.publish("a", "0", qos: .atMostOnce)
        #expect(client.sentPublishes().map(\.text) == ["0"])
        client.publish("a", "1")
        client.publish("a", "2", qos: .atMostOnce)
        #expect(client.sent().isEmpty)
        workAll(client)
        #expect(client.sentPublishes().map(\.text) == ["1", "2"])
    }

    @Test("After a crash what was accepted is sent, under the identifiers it had, and what had PUBREC is released [MQTT-4.4.0-1]")
    func crashAndResume() throws {
        let first = client()
        first.connect()
        for text in ["1", "2", "3"] { first.publish("a", text, qos: .exactlyOnce) }
        workAll(first)
        first.receive(.pubrec(1))
        workAll(first)
        first.receive(.pubrec(2))  // not safe before the crash
        let second = client(try crash(first))
        second.start()
        second.enqueue("a", "4")
        let packet = try #require(second.connect(sessionPresent: true))
        #expect(!packet.cleanStart)
        second.work()
        #expect(
            second.sent() == [
                .pubrel(1), .publish("a", "2", qos: .exactlyOnce, id: 2, dup: true),
                .publish("a", "3", qos: .exactlyOnce, id: 3, dup: true),
            ])
        workAll(second)
        #expect(second.sentPublishes().map(\.text) == ["4"])
        second.receive(.pubcomp(1), .pubrec(2), .pubrec(3), .puback(4))
        workAll(second)
        #expect(second.sent() == [.pubrel(2), .pubrel(3)])
        second.receive(.pubcomp(2), .pubcomp(3))
        workAll(second)
        #expect(second.isFlushed && second.store?.isEmpty == true)
        #expect(second.released.messages == 1 && second.released.bytes == 2)
    }

    @Test("A message that was not safe is as if it had never been published")
    func notAccepted() throws {
        let first = client()
        first.connect()
        let operation = first.enqueue("a", "1")
        #expect(first.outcomes[operation] == nil)
        let second = client(try crash(first))
        second.connect(sessionPresent: true)
        workAll(second)
        #expect(second.sent().isEmpty && second.isFlushed)
    }

    @Test("Where the Session is gone after a crash, messages without PUBREC are sent anew, as the first")
    func crashAndNewSession() throws {
        let first = client { $0.inFlight = 2 }
        first.connect()
        for text in ["1", "2", "3", "4"] { first.publish("a", text) }
        workAll(first)
        let second = client(try crash(first)) { $0.inFlight = 1 }
        second.connect()
        var texts: [String] = []
        for _ in 0..<20 {
            workAll(second)
            for publish in second.sentPublishes() {
                texts.append(publish.text)
                #expect(!publish.dup)
                second.receive(.puback(publish.packetID ?? 0))
            }
        }
        #expect(texts == ["1", "2", "3", "4"])
        #expect(second.store?.isEmpty == true && second.isFlushed)
    }

    @Test("What does not fit in memory is read when its turn comes, in order, and its publishers are told")
    func spilled() {
        let client = client {
            $0.outbox.bytesInMemory = 30
            $0.inFlight = 2
        }
        client.start()
        let operations = (10...59).map { client.publish("a", "\($0)") }
        workAll(client)
        client.connect()
        var texts: [String] = []
        for _ in 0..<60 {
            workAll(client)
            for publish in client.sentPublishes() {
                texts.append(publish.text)
                client.receive(.puback(publish.packetID ?? 0))
            }
        }
        #expect(texts == (10...59).map { "\($0)" })
        for operation in operations { #expect(client.outcomes[operation] == .done(.success)) }
        #expect(client.released.messages == 50 && client.released.bytes == 150)
        #expect(client.store?.isEmpty == true)
    }

    @Test("Messages of an earlier run give back the room they took, no more and no less")
    func room() throws {
        let first = client()
        first.start()
        for text in 1...20 { first.publish("a", "\(text)") }
        workAll(first)
        let second = client(try crash(first)) { $0.inFlight = 3 }
        second.connect()
        for _ in 0..<30 {
            workAll(second)
            for publish in second.sentPublishes() { second.receive(.puback(publish.packetID ?? 0)) }
        }
        #expect(second.isFlushed && second.released.messages == 0 && second.released.bytes == 0)
    }

    @Test("The oldest makes room for the new also when most are in the store only", arguments: [true, false])
    func dropOldest(isConnected: Bool) {
        let client = client {
            $0.outbox.bytesInMemory = 12
            $0.outbox.messages = 10
            $0.outbox.whenFull = .dropOldest
            $0.inFlight = 1
        }
        if isConnected { client.connect() } else { client.start() }
        for text in 10...59 {
            client.publish("a", "\(text)")
            workAll(client)
        }
        #expect(client.store?.messages.count == 10)
        if !isConnected { client.connect() }
        var texts: [String] = []
        for _ in 0..<20 {
            workAll(client)
            for publish in client.sentPublishes() {
                texts.append(publish.text)
                client.receive(.puback(publish.packetID ?? 0))
            }
        }
        #expect(texts == (isConnected ? ["10"] + (51...59).map { "\($0)" } : (50...59).map { "\($0)" }))
        #expect(client.released.messages == 50 && client.released.bytes == 150)
    }

    @Test("What another program wrote is dropped, and told to whoever waits for a flush")
    func unreadable() {
        var store = VirtualStore()
        store.ask(.commit([.add(StoredMessage(sequence: 1, content: [9, 9]))], number: 1))
        _ = store.work()
        let client = client(store)
        client.start()
        let flush = client.flush()
        client.connect()
        workAll(client)
        #expect(client.isFlushed && client.outcomes[flush] == .done(.success))
        #expect(client.store?.isEmpty == true && client.released.messages == 0 && client.released.bytes == 0)
    }

    @Test("What a store has no room for is refused, whoever waits for it is told, and the client goes on")
    func failed() {
        let client = client()
        client.connect()
        let accepted = client.enqueue("a")
        let published = client.publish("b", qos: .exactlyOnce)
        client.store?.crash()
        client.handle(.commitFailed(1, reason: "disk full"))
        #expect(client.outcomes[accepted] == .failed(.outboxFailed(reason: "disk full")))
        #expect(!client.isFinished && client.outcomes[published] == nil)
        // There is room again.
        client.advance(seconds: 2)
        workAll(client)
        #expect(client.sentPublishes().map(\.topic.string) == ["b"])
    }
}
