import BrokerCore
import Primitives

/// The core with its tick, over a virtual network in virtual time.
final class CoreHost: TranscriptHost {
    private var tick: Tick
    private var network = VirtualNetwork()
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

    init(settings: TranscriptSettings, arrival: Arrival = .lineByLine) {
        self.arrival = arrival
        tick = Tick(
            core: BrokerCore(
                options: settings.broker, listeners: [settings.listener], seed: 1, startedAt: network.now))
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
