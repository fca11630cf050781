import Broker
import Synchronization
import Testing

/// A broker in this process, with clients that behave well and have to be served whatever others send.
final class LiveBroker {
    private let broker: BrokerThread
    /// The first publishes, all receive; with several loops there are several of them, so that messages cross.
    private let wellBehaved: [WireConnection]
    private var rounds = 0

    init(loops: Int) throws {
        var configuration = BrokerConfiguration()
        configuration.listeners = [ListenerConfiguration(port: 0)]
        configuration.loops = loops
        configuration.log.level = .error
        broker = try BrokerThread(configuration: configuration, log: LogWriter(configuration: configuration.log))
        wellBehaved = try (0..<(loops == 1 ? 1 : 4)).map { [port = broker.ports[0]] i in
            let client = try WireConnection(port: port)
            client.send(connect(.v5, clientID: "well-behaved-\(i)"))
            client.send(packet(0x82, twoBytes(1) + [0] + string("still/served") + [1]))
            guard case .packet(let connack) = client.next(), connack[3] == 0, client.next() == .packet([0x90, 4, 0, 1, 0, 1])
            else { throw NoConnection() }
            return client
        }
    }

    deinit {
        // A client that is gone has nothing to read any more, so nobody waits for it.
        for client in wellBehaved { client.end() }
        broker.stop()
    }

    var port: UInt16 { broker.ports[0] }

    /// Sends the bytes of every case over a connection of its own, many at a time, and expects one of its reactions.
    func play(_ cases: [WireCase], sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(!cases.isEmpty, sourceLocation: sourceLocation)
        var wrong: [String] = []
        var rest = cases[...]
        while !rest.isEmpty {
            let window = rest.prefix(24)
            rest = rest.dropFirst(24)
            let connections = try window.map { wireCase in
                let connection = try WireConnection(port: port)
                let opening = wireCase.stage == .connected ? connect(wireCase.version, clientID: unusedClientID()) : []
                connection.send(opening + wireCase.bytes + [0xC0, 0x00])
                return connection
            }
            #expect(isServed(), "the well-behaved clients, beside \(window.map(\.name))", sourceLocation: sourceLocation)
            for (connection, wireCase) in zip(connections, window) {
                let reaction = connection.reaction(to: wireCase)
                if !wireCase.expected.contains(reaction) {
                    wrong.append("\(wireCase.version), \(wireCase.name) [\(hex(wireCase.bytes))]: \(reaction), not \(wireCase.expected)")
                }
            }
        }
        #expect(
            wrong.isEmpty, "\(wrong.count) of \(cases.count):\n\(wrong.prefix(60).joined(separator: "\n"))",
            sourceLocation: sourceLocation)
    }

    /// One PUBLISH with QoS 1 to all of them, acknowledged to the first.
    private func isServed() -> Bool {
        rounds += 1
        let payload = Array("round \(rounds)".utf8)
        wellBehaved[0].send(packet(0x32, string("still/served") + twoBytes(7) + [0] + payload))
        for (i, client) in wellBehaved.enumerated() {
            var isAcknowledged = i > 0
            var isDelivered = false
            while !(isAcknowledged && isDelivered) {
                guard case .packet(let packet) = client.next() else { return false }
                if packet == [0x40, 2, 0, 7] {
                    isAcknowledged = true
                } else if packet[0] == 0x32, packet.suffix(payload.count) == payload[...] {
                    isDelivered = true
                    client.send([0x40, 2, packet[16], packet[17]])
                } else {
                    return false
                }
            }
        }
        return true
    }
}

/// A Client Identifier no other test has, so that nobody is taken over.
func unusedClientID() -> String { "wire-\(usedClientIDs.add(1, ordering: .relaxed).newValue)" }

private let usedClientIDs = Atomic<Int>(0)

/// CONNECT with nothing in it but a Client Identifier; clean, Keep Alive 60.
func connect(_ version: Version, clientID: String) -> [UInt8] {
    let name = version == .v3_1 ? "MQIsdp" : "MQTT"
    return packet(0x10, string(name) + [version.rawValue, 0x02] + twoBytes(60) + (version == .v5 ? [0] : []) + string(clientID))
}
