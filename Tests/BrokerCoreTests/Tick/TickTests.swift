import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("A turn of the shard")
struct TickTests {
    @Test("A message goes from one client to another through the whole tick")
    func oneMessage() {
        var broker = TestBroker()
        let subscriber = broker.connect("subscriber")
        let publisher = broker.connect("publisher", version: .v3_1_1)
        broker.send(.subscribe("a/+", qos: .atLeastOnce), from: subscriber)
        #expect(broker.received(subscriber).count == 1)

        broker.send(.publish("a/b", "hello", qos: .atLeastOnce, id: 7), from: publisher)

        #expect(broker.received(publisher) == [.puback(7)])
        #expect(broker.received(subscriber) == [.publish("a/b", "hello", qos: .atLeastOnce, id: 1)])
    }

    @Test("The end is told of before the broker stops: no turn follows it")
    func shutdownNotices() {
        var broker = TestBroker()
        _ = broker.connect("client")
        _ = broker.network.takeNotices()
        broker.tick.handle(.shutdown, &broker.network)
        #expect(
            broker.network.takeNotices() == [
                .clientDisconnected(connection: 0, clientID: Array("client".utf8), cause: .serverShuttingDown)
            ])
    }

    @Test("A connection that ends leaves its place to one that begins at the same moment")
    func placeOfTheGone() {
        var options = TestBroker.quiet
        options.limits.connections = 1
        var broker = TestBroker(options: options)
        _ = broker.connect("a")
        broker.network.streams[0].closedByClient = true
        _ = broker.connect("b")
        #expect(broker.counters.connectionsRefused == 0)
    }
}
