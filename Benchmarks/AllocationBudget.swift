import CAllocationCounter
import MQTTCodec

/// What the tick may ask of the heap once its tables have grown: nothing for a delivery, at most one block for a
/// message, nothing for an acknowledgement. Holds in an optimised build only; `Benchmarks --budget` checks it.
enum AllocationBudget {
    struct Line {
        var name: String
        var counted: UInt64
        var allowed: UInt64
    }

    private static let messages = 50
    private static let receivers = 100

    static func check() -> [Line] {
        counterWorks() + [atMostOnce(.v5), atMostOnce(.v3_1_1), shared()] + acknowledged(.atLeastOnce) + acknowledged(.exactlyOnce)
    }

    /// A counter that counts nothing would allow everything.
    private static func counterWorks() -> [Line] {
        let before = allocation_count()
        UnsafeMutableRawPointer.allocate(byteCount: 100_000, alignment: 16).deallocate()
        return allocation_count() == before ? [Line(name: "the counter does not count", counted: 1, allowed: 0)] : []
    }

    private static func atMostOnce(_ version: ProtocolVersion) -> Line {
        var broker = NullBroker()
        let publisher = subscribe(&broker, .atMostOnce, version)
        var wire = Wire()
        for _ in 0..<messages { wire.append(publish: "topic/a", payload: 100) }
        return line("\(messages) messages QoS 0 to \(receivers), \(version)", allowed: 0) { broker.send(wire, from: publisher) }
    }

    private static func shared() -> Line {
        var broker = NullBroker()
        let publisher = subscribe(&broker, .atMostOnce, .v5)
        var wire = Wire()
        for _ in 0..<messages { wire.append(publish: "topic/a", payload: 1_200) }
        return line("\(messages) messages to be shared by \(receivers)", allowed: UInt64(messages)) { broker.send(wire, from: publisher) }
    }

    private static func acknowledged(_ qos: QoS) -> [Line] {
        var broker = NullBroker()
        let publisher = subscribe(&broker, qos, .v5)
        var wire = Wire()
        var releases = Wire()
        for i in 1...UInt16(messages) {
            wire.append(publish: "topic/a", payload: 100, qos: qos, id: i)
            releases.append(.pubrel, i)
        }
        var identifiers = Identifiers()
        var ofMessages: UInt64 = 0
        var ofAcknowledgements: UInt64 = 0
        for _ in 0..<4 {
            let answers = identifiers.acknowledge(qos == .atLeastOnce ? [.puback] : [.pubrec, .pubcomp], messages)
            let start = allocation_count()
            broker.send(wire, from: publisher)
            let sent = allocation_count()
            if qos == .exactlyOnce { broker.send(releases, from: publisher) }
            for i in 1...UInt32(receivers) { broker.send(answers, from: publisher + i) }
            ofMessages = sent - start
            ofAcknowledgements = allocation_count() - sent
        }
        return [
            Line(name: "\(messages) messages QoS \(qos.rawValue) to \(receivers)", counted: ofMessages, allowed: UInt64(messages)),
            Line(name: "the acknowledgements of these", counted: ofAcknowledgements, allowed: 0),
        ]
    }

    /// A publisher, and behind it its receivers.
    private static func subscribe(_ broker: inout NullBroker, _ qos: QoS, _ version: ProtocolVersion) -> UInt32 {
        let publisher = broker.connect(1, prefix: "publisher")
        let first = broker.connect(receivers, version: version, prefix: "subscriber")
        for i in 0..<UInt32(receivers) { broker.subscribe(first + i, to: "topic/+", qos: qos, version: version) }
        return publisher
    }

    /// Counts the last of a few equal turns.
    private static func line(_ name: String, allowed: UInt64, _ turn: () -> Void) -> Line {
        for _ in 0..<3 { turn() }
        let before = allocation_count()
        turn()
        return Line(name: name, counted: allocation_count() - before, allowed: allowed)
    }
}
