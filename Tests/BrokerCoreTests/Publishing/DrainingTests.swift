import MQTTCodec
import Testing

@testable import BrokerCore

@Suite("Serving what waits")
struct DrainingTests {
    private let persistent: [Property] = [.sessionExpiryInterval(seconds: 1_000), .receiveMaximum(2)]

    @Test(
        "A client that is back gets first what it had not acknowledged, in order and with DUP, then what waited [MQTT-4.4.0-1] [MQTT-4.6.0-1]"
    )
    func order() {
        var broker = TestBroker()
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("a", qos: .exactlyOnce), from: client)
        let publisher = broker.connect("publisher")
        for i in 1...5 as ClosedRange<UInt16> {
            broker.send(.publish("a", "\(i)", qos: i % 2 == 0 ? .exactlyOnce : .atLeastOnce, id: i), from: publisher)
        }
        broker.drop(client)
        broker.send(.publish("a", "6", qos: .atLeastOnce, id: 6), from: publisher)

        let again = broker.connect("client", cleanStart: false, properties: persistent)
        var log: [String] = []
        while true {
            let packets = broker.received(again)
            if packets.isEmpty { break }
            for case .publish(let message) in packets {
                log.append(String(decoding: message.payload, as: UTF8.self) + (message.dup ? " again" : ""))
            }
            for packet in packets {
                switch packet {
                case .publish(let message):
                    broker.send(message.qos == .exactlyOnce ? .pubrec(message.packetID ?? 0) : .puback(message.packetID ?? 0), from: again)
                case .acknowledgement(let release): broker.send(.pubcomp(release.packetID), from: again)
                default: break
                }
            }
        }
        #expect(log == ["1 again", "2 again", "3", "4", "5", "6"])
        #expect(broker.tick.core.messages.count == 0)
    }

    @Test("After PUBREC only PUBREL is sent again [MQTT-4.3.3-5]")
    func released() {
        var broker = TestBroker()
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("a", qos: .exactlyOnce), from: client)
        broker.send(.publish("a", "x", qos: .exactlyOnce), from: client)
        broker.send(.pubrec(1), from: client)
        broker.drop(client)
        let again = broker.connect("client", cleanStart: false, properties: persistent)
        #expect(broker.received(again) == [.pubrel(1)])
    }

    @Test("What expires while it waits is not sent; what remains says how much time is left [MQTT-3.3.2-5] [MQTT-3.3.2-6]")
    func expiry() {
        var broker = TestBroker()
        let client = broker.connect("client", properties: persistent)
        broker.send(.subscribe("a", qos: .atLeastOnce), from: client)
        broker.drop(client)
        let publisher = broker.connect("publisher")
        for seconds in [5, 60] as [UInt32] {
            broker.send(
                .publish("a", "\(seconds)", qos: .atLeastOnce, properties: [.messageExpiryInterval(seconds: seconds)]), from: publisher)
        }
        broker.advance(seconds: 10.5)
        let again = broker.connect("client", cleanStart: false, properties: persistent)
        #expect(broker.messages(again).map { $0.properties.messageExpiryInterval } == [50])
        #expect(broker.counters.dropped[.expired] == 1)
    }

    @Test("A queue longer than a turn is served completely")
    func long() {
        var broker = TestBroker()
        let properties: [Property] = [.sessionExpiryInterval(seconds: 1_000)]
        let client = broker.connect("client", properties: properties)
        broker.send(.subscribe("a", qos: .atLeastOnce), from: client)
        broker.drop(client)
        let publisher = broker.connect("publisher")
        for _ in 0..<50 { broker.send((1...100).map { .publish("a", "x", qos: .atLeastOnce, id: $0) }, from: publisher) }
        let again = broker.connect("client", cleanStart: false, properties: properties)
        var count = 0
        while true {
            let messages = broker.messages(again)
            if messages.isEmpty { break }
            count += messages.count
            broker.send(messages.compactMap { $0.packetID.map { .puback($0) } }, from: again)
        }
        #expect(count == 5_000)
    }
}

@Suite("Serving what waits, at the bounds")
struct DrainingBoundsTests {
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
