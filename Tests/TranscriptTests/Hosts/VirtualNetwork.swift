import BrokerCore
import Primitives

/// A network of arrays: what the ticks of all shards ask of it, answered at once and in virtual time.
final class VirtualNetwork {
    private(set) var now = Instant.zero
    private var wires: [Wire] = []
    private var waitingAtListener: [Int32] = []
    private var mailboxes: [[PeerBatch]]
    /// Who accepts next: each in turn, so that every client meets every shard.
    private var accepting = 0

    init(shards: Int) { mailboxes = Array(repeating: [], count: shards) }

    deinit {
        for batch in mailboxes.joined() { batch.discard { _ in } }
    }

    /// One connection, as both ends see it.
    private struct Wire {
        var toBroker: [UInt8] = []
        var toClient: [UInt8] = []
        var isDropped = false
        var isClosed = false
        var admission: (shard: Int, connection: UInt32, generation: UInt32)?

        func isReadable(by shard: Int) -> Bool { !isClosed && admission?.shard == shard && (isDropped || !toBroker.isEmpty) }
    }

    // MARK: The client's end

    func open() -> Int {
        wires.append(Wire())
        waitingAtListener.append(Int32(wires.count - 1))
        return wires.count - 1
    }

    func send(_ bytes: [UInt8], on wire: Int) { wires[wire].toBroker += bytes }
    func drop(_ wire: Int) { wires[wire].isDropped = true }
    func received(on wire: Int) -> [UInt8] { wires[wire].toClient }
    func isClosed(_ wire: Int) -> Bool { wires[wire].isClosed }
    func advance(milliseconds: Int64) { now = now.advanced(byMilliseconds: milliseconds) }

    /// Whether a shard has anything to read, to accept or to hear.
    func isBusy(_ shard: Int) -> Bool {
        accepts(shard) || !mailboxes[shard].isEmpty || wires.contains { $0.isReadable(by: shard) }
    }

    private func accepts(_ shard: Int) -> Bool { !waitingAtListener.isEmpty && accepting % mailboxes.count == shard }

    /// The broker's end, as one shard sees it.
    struct Port: ShardPort {
        let network: VirtualNetwork
        let shard: Int
        private var wireOfConnection: [UInt32: Int] = [:]

        init(_ network: VirtualNetwork, _ shard: Int) {
            self.network = network
            self.shard = shard
        }

        var now: Instant { network.now }

        mutating func poll(until deadline: Instant?, into ready: inout [ReadyEvent]) {
            if network.accepts(shard) { ready.append(.listener(0)) }
            for wire in network.wires where wire.isReadable(by: shard) {
                guard let admission = wire.admission else { continue }
                ready.append(
                    .connection(admission.connection, generation: admission.generation, readable: true, writable: false))
            }
        }

        mutating func accept(from listener: Int) -> Int32? {
            guard network.accepts(shard) else { return nil }
            network.accepting += 1
            return network.waitingAtListener.removeFirst()
        }

        mutating func admit(_ accepted: Int32, as connection: UInt32, generation: UInt32) {
            network.wires[Int(accepted)].admission = (shard, connection, generation)
            wireOfConnection[connection] = Int(accepted)
        }

        mutating func reject(_ accepted: Int32) { network.wires[Int(accepted)].isClosed = true }

        mutating func receive(_ connection: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
            guard let wire = wireOfConnection[connection] else { return -2 }
            let count = min(buffer.count, network.wires[wire].toBroker.count)
            guard count > 0 else { return network.wires[wire].isDropped ? -2 : -1 }
            buffer.copyBytes(from: network.wires[wire].toBroker.prefix(count))
            network.wires[wire].toBroker.removeFirst(count)
            return count
        }

        mutating func send(_ connection: UInt32, _ slices: UnsafeBufferPointer<OutputSlice>) -> Int {
            guard let wire = wireOfConnection[connection], !network.wires[wire].isDropped else { return -2 }
            var count = 0
            for slice in slices {
                network.wires[wire].toClient += UnsafeRawBufferPointer(start: slice.base, count: slice.count)
                count += slice.count
            }
            return count
        }

        mutating func watch(_ connection: UInt32, readable: Bool, writable: Bool) {}

        mutating func giveUp(_ connection: UInt32) -> Int32 { wireOfConnection.removeValue(forKey: connection).map(Int32.init) ?? -1 }

        mutating func adopt(_ name: Int32, listener: Int, as connection: UInt32, generation: UInt32) {
            admit(name, as: connection, generation: generation)
        }

        mutating func close(_ connection: UInt32, lingers: Bool) {
            guard let wire = wireOfConnection.removeValue(forKey: connection) else { return }
            network.wires[wire].isClosed = true
            network.wires[wire].admission = nil
        }

        mutating func report(_ notice: Notice) {}

        mutating func post(_ batch: PeerBatch, to shard: Int) -> PeerBatch? {
            network.mailboxes[shard].append(batch)
            return nil
        }

        mutating func drain(into batches: inout [PeerBatch]) {
            for batch in batches { batch.deallocate() }
            batches = network.mailboxes[shard]
            network.mailboxes[shard].removeAll()
        }

        mutating func hasRoom(for shard: Int, limit: Int) -> Bool { true }
    }
}
