import BrokerCore
import Primitives

/// One shard's share of the virtual network, and its mailbox.
final class VirtualShardPort: NetworkPort, MailboxPort, StoragePort {
    let shard: Int
    let network: VirtualNetwork
    private let mailboxes: VirtualMailboxes
    private let disk: VirtualDisk?
    private var admitted: [UInt32: VirtualConnection] = [:]
    private var random: SeededRandom

    /// How much of what is ready it shows to one tick.
    enum Reading {
        case all
        /// One connection, so that the order of what happens is beyond doubt.
        case one
        case nothing
    }
    var reading = Reading.all
    /// Called before the tick reads, drains, posts and writes: a thread may be held up there while others go on.
    var onCall: () -> Void = {}
    /// The power has failed in the middle of a tick: whatever it still does, nobody sees.
    var isDead = false

    /// - Parameter disk: where its core keeps its state; nil: it keeps nothing
    init(shard: Int, network: VirtualNetwork, mailboxes: VirtualMailboxes, disk: VirtualDisk? = nil, random: SeededRandom) {
        self.shard = shard
        self.network = network
        self.mailboxes = mailboxes
        self.disk = disk
        self.random = random
    }

    var hasReady: Bool {
        network.isAwaited(by: shard) || admitted.values.contains { $0.isReadable || $0.isWritable }
    }

    /// Other shards or the disk have something for it, or a shard has room again.
    var isSpokenTo: Bool { mailboxes.hasMail(for: shard) || mailboxes.isWoken(shard) || disk?.hasReports(for: shard) == true }

    // The network

    var now: Instant { network.now }

    func poll(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        onCall()
        mailboxes.wakes(shard)
        guard reading != .nothing, !isDead else { return }
        if network.isAwaited(by: shard) { ready.append(.listener(0)) }
        var open = admitted.sorted { $0.key < $1.key }.map(\.value).filter { $0.isReadable || $0.isWritable }
        open.shuffle(using: &random)
        if reading == .one { open = Array(open.prefix(1)) }
        for connection in open {
            guard let slot = connection.slot else { continue }
            ready.append(
                .connection(
                    slot, generation: connection.generation, readable: connection.isReadable, writable: connection.isWritable))
        }
    }

    func accept(from listener: Int) -> Int32? { isDead ? nil : network.takeWaiting(for: shard).map { Int32($0.number) } }

    func admit(_ accepted: Int32, as slot: UInt32, generation: UInt32) {
        adopt(accepted, listener: 0, as: slot, generation: generation)
        network.passages.append(.accepted(Int(accepted)))
    }

    func reject(_ accepted: Int32) { network.closeByBroker(network.connections[Int(accepted)]) }

    func receive(_ slot: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard !isDead, let connection = admitted[slot] else { return -2 }
        if connection.isBroken {
            network.passages.append(.ended(connection.number))
            return -2
        }
        guard !connection.arrived.isEmpty else {
            guard connection.isEnded else { return -1 }
            network.passages.append(.ended(connection.number))
            return 0
        }
        var count = min(buffer.count, connection.arrived.count)
        if random.chance(30) { count = random.among(1...count) }
        let bytes = Array(connection.arrived.prefix(count))
        buffer.copyBytes(from: bytes)
        connection.arrived.removeFirst(count)
        network.passages.append(.received(connection.number, bytes))
        return count
    }

    func send(_ slot: UInt32, _ slices: UnsafeBufferPointer<OutputSlice>) -> Int {
        onCall()
        guard !isDead, let connection = admitted[slot], !connection.isBroken else { return -2 }
        var room = connection.window - connection.unread
        if random.chance(5) { room = min(room, random.among(1...64)) }
        guard room > 0 else { return -1 }
        var bytes: [UInt8] = []
        for slice in slices where bytes.count < room {
            bytes += UnsafeRawBufferPointer(start: slice.base, count: min(slice.count, room - bytes.count))
        }
        connection.unread += bytes.count
        network.passages.append(.sent(connection.number, bytes))
        network.events.insert(.bytesAtClient(connection, bytes), at: connection.arrivalAtClient(from: now))
        return bytes.count
    }

    func watch(_ slot: UInt32, readable: Bool, writable: Bool) {
        admitted[slot]?.isWatched = readable
        admitted[slot]?.isWritableWanted = writable
    }

    func giveUp(_ slot: UInt32) -> Int32 {
        guard let connection = admitted.removeValue(forKey: slot) else { return -1 }
        connection.slot = nil
        return Int32(connection.number)
    }

    func adopt(_ name: Int32, listener: Int, as slot: UInt32, generation: UInt32) {
        let connection = network.connections[Int(name)]
        connection.shard = shard
        connection.slot = slot
        connection.generation = generation
        connection.isWatched = true
        admitted[slot] = connection
    }

    func close(_ slot: UInt32, lingers: Bool) {
        guard !isDead, let connection = admitted.removeValue(forKey: slot) else { return }
        network.passages.append(.closed(connection.number))
        network.closeByBroker(connection)
    }

    func report(_ notice: Notice) {}

    // The mailbox

    func post(_ batch: PeerBatch, to receiver: Int) -> PeerBatch? {
        onCall()
        if isDead { batch.discard { _ in } } else { mailboxes.post(batch, from: shard, to: receiver) }
        return nil
    }

    func drain(into batches: inout [PeerBatch]) {
        onCall()
        for batch in batches { batch.deallocate() }
        batches.removeAll()
        if !isDead { mailboxes.drain(shard, into: &batches) }
    }

    func hasRoom(for receiver: Int, limit: Int) -> Bool { mailboxes.hasRoom(from: shard, for: receiver, limit: limit) }

    // The disk

    func commit(_ batch: WriteBatch, number: UInt64) {
        onCall()
        if !isDead { disk?.commit(batch, number: number, of: shard) }
    }

    func load(_ request: LoadRequest) {
        onCall()
        if !isDead { disk?.load(request, of: shard) }
    }

    func drain(into reports: inout [StorageReport]) {
        guard let disk else { return }
        onCall()
        if !isDead { disk.drain(shard, into: &reports) }
    }
}
