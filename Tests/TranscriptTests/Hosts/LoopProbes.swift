@testable import BrokerCore
import Primitives

/// Clients of our own, one on each loop of a broker: what they have heard of each other, everything before has been, too.
///
/// Each publishes to all. Loops tell each other things in order, so when everybody has heard everybody, all that any loop
/// had told another before has been dealt with, and what that made it tell is on its way: one round for each crossing.
struct LoopProbes {
    private var connections: SocketConnections
    private let names: [String]
    private let rounds: Int
    private let patienceMilliseconds: Int32

    private static let step: Int32 = 10
    /// Below `$`, so that no scenario's `#` sees it.
    private static let topic = Array("\u{0}\u{2}$~".utf8)

    /// - Parameter names: a Client Identifier for each loop, of less than 100 bytes
    init(port: UInt16, names: [String], patienceMilliseconds: Int32) throws(TextFault) {
        connections = SocketConnections(port: port)
        self.names = names
        self.patienceMilliseconds = patienceMilliseconds
        // A CONNECT that goes to its loop, a message to the owner of a Shared Subscription, to a member that has just gone,
        // back, to another member, and what that one and its loop say to it; and one for the loops to write. A single loop
        // needs time to write only.
        rounds = names.count == 1 ? 3 : 8
        for name in names {
            try connections.open(name)
            let connect = Array("\u{0}\u{4}MQTT\u{4}\u{2}\u{0}\u{0}\u{0}".utf8) + [UInt8(name.utf8.count)] + Array(name.utf8)
            connections.send([0x10, UInt8(connect.count)] + connect, by: name)
            connections.send([0x82, 7, 0, 1] + Self.topic + [0], by: name)
        }
        try hear(4 + 5)
    }

    /// Returns when all loops have done what they had been given before.
    mutating func synchronise() throws(TextFault) {
        let publish = [0x30, 4] + Self.topic
        for _ in 0..<rounds {
            let before = heard
            for name in names { connections.send(publish, by: name) }
            try hear(before + names.count * publish.count)
        }
    }

    mutating func end() { connections.dropAll() }

    /// Bytes that have come to every one of them.
    private var heard: Int { names.map { connections.received(by: $0).count }.min() ?? 0 }

    private mutating func hear(_ bytes: Int) throws(TextFault) {
        var left = patienceMilliseconds
        while heard < bytes {
            guard left > 0, !names.contains(where: connections.isClosed) else { throw TextFault("the broker does not answer") }
            connections.read(waitingUpTo: Self.step)
            left -= Self.step
        }
    }

    /// For each of `loops` loops the name of a client that belongs to it.
    static func names(loops: Int, hashSeed: UInt64) -> [String] {
        let place = ShardPlace.all(count: loops, hashSeed: hashSeed)[0]
        let core = BrokerCore(options: BrokerOptions(), listeners: [], seed: 0, place: place, startedAt: .zero)
        let candidates = (0..<1_000).map { "~\($0)" }
        return (0..<loops).compactMap { loop in
            candidates.first { Array($0.utf8).withUnsafeBytes { core.shard(of: $0) } == loop }
        }
    }
}
