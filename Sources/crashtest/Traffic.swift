import MQTTCodec
import Primitives
import Simulator
import Transport

/// What clients do, one random thing after the other.
struct Traffic {
    static let topics = (0..<6).map { "t/\($0)" }
    private static let filters = topics + ["t/+", "t/#", "will/+", "will/#", "+/1", "+/2", "r/#"]

    var random: SeededRandom
    let model: Model

    /// Lasting ones, some of 3.1.1; some whose session ends soon; and some that have none, but Wills.
    mutating func clients(clock: @escaping () -> Instant) -> [Client] {
        func client(_ name: String, expirySeconds: UInt32, _ version: ProtocolVersion, _ receiveMaximum: UInt16?) -> Client {
            let session = model.session(named: name, expirySeconds: expirySeconds)
            return Client(session, version: version, receiveMaximum: receiveMaximum, model: model, clock: clock)
        }
        return (0..<8).map { client("lasting-\($0)", expirySeconds: 3_600, $0 < 6 ? .v5 : .v3_1_1, random.pick([nil, nil, 5, 20, 100])) }
            + (0..<3).map { client("brief-\($0)", expirySeconds: UInt32($0 % 2 + 1), .v5, random.pick([nil, 5])) }
            + (0..<3).map { client("passing-\($0)", expirySeconds: 0, .v5, nil) }
    }

    mutating func act(_ client: Client, port: UInt16, at now: Instant) throws(TransportError) {
        if client.isAway {
            if now >= client.returnsAt { try client.connect(port: port, will: will(of: client)) }
        } else if client.isConnected {
            if client.session.subscriptions.isEmpty, client.session.expirySeconds > 0 {
                for _ in 0..<3 { subscribe(client) }
            }
            try choose(client, port: port, at: now)
        }
    }

    private mutating func choose(_ client: Client, port: UInt16, at now: Instant) throws(TransportError) {
        let chance = random.below(1_000)
        switch chance {
        case 0..<4: client.disconnect()
        case 4..<12: client.drop()
        case 12..<14 where client.version == .v5: client.disconnect(.disconnectWithWillMessage)
        case 14..<18 where client.leaving == nil: try client.takeOver(port: port, will: will(of: client))
        case 18..<35 where client.session.expirySeconds > 0: subscribe(client)
        case 35..<43: unsubscribe(client)
        case 43..<80 where client.session.expirySeconds > 2: retain(client)
        case 80... where client.session.expirySeconds > 2 && client.mayPublish: publish(client)
        default: break
        }
        if client.isAway || client.connection == nil { client.returnsAt = now.advanced(byMilliseconds: pause(client)) }
    }

    /// Sessions that end soon are often left for about as long as they last.
    mutating func pause(_ client: Client) -> Int64 {
        let isBrief = 1...2 ~= client.session.expirySeconds
        return Int64(random.chance(60) && isBrief ? random.among(100...4_000) : random.among(0...80))
    }

    private mutating func publish(_ client: Client) {
        let qos = random.pick([QoS.atLeastOnce, .atLeastOnce, .exactlyOnce, .exactlyOnce, .atMostOnce])
        let size = random.chance(1) ? random.among(5_000...60_000) : random.among(20...200)
        client.publish(model.publishes(client.session, topic: random.pick(Self.topics), qos: qos, size: size))
    }

    private mutating func retain(_ client: Client) {
        let topic = "r/\(client.session.index)/\(random.below(3))"
        guard client.mayPublish, !model.retained.isUnderway(topic) else { return }
        let qos = random.pick([QoS.atLeastOnce, .exactlyOnce])
        client.publish(model.publishes(client.session, topic: topic, qos: qos, size: 30, retain: true, clears: random.chance(25)))
    }

    private mutating func subscribe(_ client: Client) {
        // In 3.1.1 what is retained would come along.
        let filter = random.pick(client.version == .v5 ? Self.filters : Self.filters.dropLast())
        client.subscribe(to: filter, qos: random.pick([.atLeastOnce, .exactlyOnce, .exactlyOnce]))
    }

    private mutating func unsubscribe(_ client: Client) {
        let standing = client.session.subscriptions.filter { $0.granted != nil && $0.given == nil }
        if standing.count > 1 { client.unsubscribe(from: random.pick(standing).filter) }
    }

    private mutating func will(of client: Client) -> Publication? {
        let session = client.session
        guard session.expirySeconds == 0 || session.expirySeconds > 2 && random.chance(40) else { return nil }
        let delay = client.version == .v5 && session.expirySeconds > 0 ? random.pick([0, 0, 1, 2] as [UInt32]) : 0
        return model.offers(session, topic: "will/\(session.index)", qos: random.pick([.atLeastOnce, .exactlyOnce]), delaySeconds: delay)
    }
}
