import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Serving what waits")
struct DrainingTests {
    @Test("A tick asks for a bounded number of actions, however many sessions wait; the others come first in the next")
    func bounded() {
        var options = TestBroker.quiet
        options.limits.outputBytes = 50
        var broker = TestBroker(options: options)
        let publisher = broker.connect("publisher")
        let slow = (0..<3).map { broker.connect("\($0)") }
        for client in slow {
            broker.send(.subscribe("a"), from: client)
            broker.block(client)
        }
        for i in 0..<30 { broker.send(.publish("a", "\(i)"), from: publisher) }
        for connection in 1...3 as ClosedRange<UInt32> {
            broker.tick.core.handle(.drained(connection), at: broker.now, into: &broker.tick.actions)
        }
        #expect(broker.tick.core.draining == [1, 2, 3])
        broker.tick.core.drain(at: broker.now, into: &broker.tick.actions, limit: 5)
        #expect(broker.tick.core.draining == [2, 3])
        for client in slow { broker.unblock(client) }
        for client in slow { #expect(broker.payloads(client) == (0..<30).map(String.init)) }
    }
}
