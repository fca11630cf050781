import BrokerCore
import MQTTCodec
import Primitives

/// Messages through the whole tick, with a network that costs nothing.
enum DeliveryBenchmarks {
    static func all() -> [Measurement] {
        [
            atMostOnce("p2p QoS 0, 16 B", payload: 16), atMostOnce("p2p QoS 0, 256 B", payload: 256), atLeastOnce(), exactlyOnce(),
            fanOut("fan-out 1→100, 16 B", receivers: 100, payload: 16), fanOut("fan-out 1→1,000, 16 B", receivers: 1_000, payload: 16),
            fanOut("fan-out 1→100, 4 KiB", receivers: 100, payload: 4_096), nobody(), wildcards("resolve among 10,000 wildcard filters", cached: 1),
            wildcards("the same, remembered", cached: 65_536), retainedSet(), retainedDelivery(),
        ]
    }

    /// Messages one client sends at a time.
    private static let batch = 100

    private static func atMostOnce(_ name: String, payload: Int) -> Measurement {
        var broker = NullBroker()
        let publisher = broker.connect(1, prefix: "publisher")
        let subscriber = broker.connect(1, prefix: "subscriber")
        broker.subscribe(subscriber, to: "bench/topic", qos: .atMostOnce)
        var wire = Wire()
        for _ in 0..<batch { wire.append(publish: "bench/topic", payload: payload) }
        return measure(name, operations: batch * 1_000) { for _ in 0..<1_000 { broker.send(wire, from: publisher) } }
    }

    private static func atLeastOnce() -> Measurement {
        var broker = NullBroker()
        let publisher = broker.connect(1, prefix: "publisher")
        let subscriber = broker.connect(1, prefix: "subscriber")
        broker.subscribe(subscriber, to: "bench/topic", qos: .atLeastOnce)
        var wire = Wire()
        for i in 1...batch { wire.append(publish: "bench/topic", payload: 16, qos: .atLeastOnce, id: UInt16(i)) }
        var identifiers = Identifiers()
        return measure("p2p QoS 1, 16 B", operations: batch * 500) {
            for _ in 0..<500 {
                broker.send(wire, from: publisher)
                broker.send(identifiers.acknowledge([.puback], batch), from: subscriber)
            }
        }
    }

    private static func exactlyOnce() -> Measurement {
        var broker = NullBroker()
        let publisher = broker.connect(1, prefix: "publisher")
        let subscriber = broker.connect(1, prefix: "subscriber")
        broker.subscribe(subscriber, to: "bench/topic", qos: .exactlyOnce)
        var wire = Wire()
        for i in 1...batch { wire.append(publish: "bench/topic", payload: 16, qos: .exactlyOnce, id: UInt16(i)) }
        var release = Wire()
        for i in 1...batch { release.append(.pubrel, UInt16(i)) }
        var identifiers = Identifiers()
        return measure("p2p QoS 2, 16 B", operations: batch * 500) {
            for _ in 0..<500 {
                broker.send(wire, from: publisher)
                broker.send(release, from: publisher)
                broker.send(identifiers.acknowledge([.pubrec, .pubcomp], batch), from: subscriber)
            }
        }
    }

    private static func fanOut(_ name: String, receivers: Int, payload: Int) -> Measurement {
        var broker = NullBroker()
        let publisher = broker.connect(1, prefix: "publisher")
        let first = broker.connect(receivers, prefix: "subscriber")
        for i in 0..<UInt32(receivers) { broker.subscribe(first + i, to: "bench/topic", qos: .atMostOnce) }
        var wire = Wire()
        for _ in 0..<10 { wire.append(publish: "bench/topic", payload: payload) }
        return measure(name, operations: receivers * 10 * 20) { for _ in 0..<20 { broker.send(wire, from: publisher) } }
    }

    private static func nobody() -> Measurement {
        var broker = NullBroker()
        let publisher = broker.connect(1, prefix: "publisher")
        var wire = Wire()
        for _ in 0..<batch { wire.append(publish: "bench/topic", payload: 16) }
        return measure("publish to nobody, topic remembered", operations: batch * 1_000) { for _ in 0..<1_000 { broker.send(wire, from: publisher) } }
    }

    private static func wildcards(_ name: String, cached: Int) -> Measurement {
        var broker = NullBroker { $0.limits.routerCacheTopics = cached }
        let publisher = broker.connect(1, prefix: "publisher")
        let subscriber = broker.connect(1, prefix: "subscriber")
        for i in 0..<10_000 { broker.subscribe(subscriber, to: "site/\(i % 100)/+/device\(i)/#", qos: .atMostOnce) }
        var wire = Wire()
        for i in 0..<batch { wire.append(publish: "site/\(i)/line/device\(i)/value", payload: 16) }
        return measure(name, operations: batch * 200) { for _ in 0..<200 { broker.send(wire, from: publisher) } }
    }

    private static let retainedTopics = 100_000

    private static func retainedWires() -> Wire {
        var wire = Wire()
        for i in 0..<retainedTopics { wire.append(publish: "site/\(i / 1_000)/device/\(i)", payload: 16, retain: true) }
        return wire
    }

    private static func retainedSet() -> Measurement {
        let wire = retainedWires()
        var broker = NullBroker()
        let publisher = broker.connect(1, prefix: "publisher")
        return measure("set one of 100,000 retained", operations: retainedTopics, rounds: 3) { broker.send(wire, from: publisher) }
    }

    private static func retainedDelivery() -> Measurement {
        var broker = NullBroker()
        let publisher = broker.connect(1, prefix: "publisher")
        broker.send(retainedWires(), from: publisher)
        let before = broker.counters.publishSent
        var rounds: UInt64 = 0
        let result = measure("deliver one of 100,000 retained", operations: retainedTopics, rounds: 3) {
            rounds += 1
            broker.subscribe(publisher, to: "#", qos: .atMostOnce)
        }
        precondition(broker.counters.publishSent - before == rounds * UInt64(retainedTopics), "retained messages are missing")
        return result
    }
}

/// The Packet Identifiers a broker uses towards one client, in their order, and the acknowledgements for them.
struct Identifiers {
    private var last: UInt16 = 0

    mutating func acknowledge(_ kinds: [PublishAcknowledgement.Kind], _ count: Int) -> Wire {
        var wire = Wire()
        let start = last
        for kind in kinds {
            last = start
            for _ in 0..<count {
                last = last == 65_535 ? 1 : last + 1
                wire.append(kind, last)
            }
        }
        return wire
    }
}
