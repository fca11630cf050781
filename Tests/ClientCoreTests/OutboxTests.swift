import MQTTCodec
import Testing

@testable import ClientCore

@Suite("The outbox")
struct OutboxTests {
    @Test("What is published without a connection is sent in its order, whatever its QoS")
    func order() {
        let client = TestClient()
        client.start()
        for index in 0..<9 { client.publish("a", "\(index)", qos: QoS.allCases[index % 3]) }
        client.connect()
        #expect(client.sentPublishes().map(\.text) == (0..<9).map { "\($0)" })
    }

    @Test("Messages that were held back when the connection broke keep their place in a new Session")
    func heldBack() {
        let client = TestClient(store: VirtualStore()) { $0.session = .kept(seconds: 60) }
        client.connect()
        client.storesAtOnce = false
        for (text, qos) in [("1", QoS.atLeastOnce), ("2", .atMostOnce), ("3", .exactlyOnce), ("4", .atMostOnce)] {
            client.publish("a", text, qos: qos)
        }
        client.breakConnection()
        #expect(client.sent().isEmpty)
        client.storesAtOnce = true
        client.connect()
        while client.work() {}
        #expect(client.sentPublishes().map(\.text) == ["1", "2", "3", "4"])
    }

    @Test("It counts what is accepted and not through, in messages and bytes")
    func counting() {
        var outbox = Outbox(limits: OutboxLimits())
        func entry(_ sequence: UInt64) -> Outbox.Entry {
            Outbox.Entry(
                publication: Publication(topic: "a", payload: [1, 2], qos: .atLeastOnce), sequence: sequence, weight: 3, completion: .nobody
            )
        }
        let slots = [outbox.insert(entry(1)), outbox.insert(entry(2))]
        outbox.countSpilled(2, 10)
        #expect(outbox.count == 4 && outbox.bytes == 16 && outbox.spilled == 2)
        #expect(outbox.remove(slots[0])?.sequence == 1 && outbox.remove(slots[0]) == nil)
        outbox.dropSpilled(4)
        #expect(outbox.count == 2 && outbox.bytes == 9)
        outbox.wait(slots[1])
        #expect(outbox.waitingBytes == 3 && outbox.takeWaiting() == slots[1] && outbox.waitingBytes == 0)
        outbox.waiting.deallocate()
    }
}
