import BrokerCore
import Primitives

/// The core with its tick, over a virtual network in virtual time.
final class CoreHost: TranscriptHost {
    private var tick: Tick
    private var network = VirtualNetwork()
    private var wires: [String: Int] = [:]

    /// More turns than any transcript needs: beyond, the tick would turn for ever.
    private static let mostTurns = 100_000

    /// Bytes that arrive together.
    private let pieceBytes: Int

    init(settings: TranscriptSettings, pieceBytes: Int = .max) {
        self.pieceBytes = pieceBytes
        tick = Tick(
            core: BrokerCore(
                options: settings.broker, listeners: [settings.listener], seed: 1, startedAt: network.now))
    }

    func open(_ client: String) throws { wires[client] = network.open() }

    func send(_ bytes: [UInt8], by client: String) throws {
        guard let wire = wires[client] else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            network.send(Array(rest.prefix(pieceBytes)), on: wire)
            rest = rest.dropFirst(pieceBytes)
            try settle()
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

    func stop() throws { tick.handle(.shutdown, &network) }

    func settle(until isDone: (CoreHost) -> Bool) throws { try settle() }

    /// Turns until nothing is left to do now.
    private func settle() throws(TextFault) {
        for _ in 0..<Self.mostTurns {
            let isDue = tick.nextDeadline.map { $0 <= network.now } ?? false
            guard isDue || network.isBusy else { return }
            tick.run(&network)
        }
        throw TextFault("the broker does not come to rest")
    }
}
