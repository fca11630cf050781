import BrokerCore
import Primitives

/// The core with its tick, one or several shards of it, over a virtual network in virtual time.
final class CoreHost: TranscriptHost {
    private let shards: [Shard]
    private let network: VirtualNetwork
    private var wires: [String: Int] = [:]

    /// More turns than any transcript needs: beyond, the tick would turn for ever.
    private static let mostTurns = 100_000

    private let arrival: Arrival

    /// How what clients send reaches the broker.
    enum Arrival {
        /// Each line in a tick of its own.
        case lineByLine
        /// Each byte in a tick of its own.
        case byteByByte
        /// In one tick all that is sent before anybody listens.
        case together
    }

    /// - Parameter hashSeed: decides which shard each client belongs to
    init(settings: TranscriptSettings, arrival: Arrival = .lineByLine, shards count: Int = 1, hashSeed: UInt64 = 1) {
        self.arrival = arrival
        let network = VirtualNetwork(shards: count)
        self.network = network
        shards = ShardPlace.all(count: count, hashSeed: hashSeed).map { Shard(settings, $0, network) }
    }

    /// A tick, and the network as it sees it.
    private final class Shard {
        var tick: Tick
        var port: VirtualNetwork.Port

        init(_ settings: TranscriptSettings, _ place: ShardPlace, _ network: VirtualNetwork) {
            tick = Tick(
                core: BrokerCore(
                    options: settings.broker, listeners: [settings.listener], seed: UInt64(place.index + 1), place: place,
                    startedAt: network.now))
            port = VirtualNetwork.Port(network, place.index)
        }

        var isBusy: Bool { port.network.isBusy(port.shard) || tick.nextDeadline.map { $0 <= port.now } ?? false }
        func turn() { tick.run(&port) }
        func stop() { tick.handle(.shutdown, &port) }
    }

    func open(_ client: String) throws { wires[client] = network.open() }

    func send(_ bytes: [UInt8], by client: String) throws {
        guard let wire = wires[client] else { return }
        switch arrival {
        case .together: network.send(bytes, on: wire)
        case .lineByLine:
            network.send(bytes, on: wire)
            try settle()
        case .byteByByte:
            for byte in bytes {
                network.send([byte], on: wire)
                try settle()
            }
        }
    }

    func received(by client: String) -> [UInt8] { wires[client].map { network.received(on: $0) } ?? [] }
    func isClosed(_ client: String) -> Bool { wires[client].map { network.isClosed($0) } ?? true }

    func drop(_ client: String) throws {
        if let wire = wires[client] { network.drop(wire) }
        try settle()
    }

    func advance(milliseconds: Int64) throws {
        try settle()
        network.advance(milliseconds: milliseconds)
        try settle()
    }

    func stop() throws { shards.forEach { $0.stop() } }

    func settle(until isDone: (CoreHost) -> Bool) throws { try settle() }

    /// Turns until nothing is left to do now.
    private func settle() throws(TextFault) {
        for _ in 0..<Self.mostTurns {
            let busy = shards.filter(\.isBusy)
            if busy.isEmpty { return }
            for shard in busy { shard.turn() }
        }
        throw TextFault("the broker does not come to rest")
    }
}
