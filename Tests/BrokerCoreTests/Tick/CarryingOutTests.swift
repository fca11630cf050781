import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Actions → bytes in the outboxes")
struct CarryingOutTests {
    private var options: BrokerOptions {
        var options = TestBroker.quiet
        options.limits.outputBytes = 1_000
        return options
    }

    @Test("A client that asks and never reads is ended when its answers exceed the output bound once more")
    func unreadAnswers() {
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        broker.block(client)
        broker.send(Array(repeating: .pingRequest, count: 900), from: client)
        #expect(broker.isClosed(client) == false)
        broker.send(Array(repeating: .pingRequest, count: 200), from: client)
        #expect(broker.isClosed(client) == true)
        #expect(broker.tick.census.segments == 0)
        #expect(broker.network.takeNotices().last == .clientDisconnected(connection: 0, clientID: Array("client".utf8), cause: .slowConsumer))
    }

    @Test("A client that reads late gets every answer, as often as it likes")
    func answersReadLate() {
        var broker = TestBroker(options: options)
        let client = broker.connect("client")
        for _ in 0..<5 {
            broker.block(client)
            broker.send(Array(repeating: .pingRequest, count: 900), from: client)
            broker.unblock(client)
            #expect(broker.received(client).count == 900)
        }
        #expect(broker.isClosed(client) == false)
    }
}
