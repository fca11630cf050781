import BrokerCore
import Primitives

/// A network with a clock of its own: latency, packets cut at any byte, receivers that are slow, connections that break.
///
/// Everything the broker reads and writes is noted in order, so that the oracle can follow it.
final class VirtualNetwork: NetworkPort, MailboxPort {
    /// What passed between the broker and the network in one tick.
    enum Passage {
        case accepted(Int)
        case received(Int, [UInt8])
        /// The broker learned of the end.
        case ended(Int)
        case sent(Int, [UInt8])
        case closed(Int)
    }

    enum Event {
        case bytesAtBroker(VirtualConnection, [UInt8])
        case endAtBroker(VirtualConnection)
        case breakAtBroker(VirtualConnection)
        case bytesAtClient(VirtualConnection, [UInt8])
        case endAtClient(VirtualConnection)
        case wake(client: Int)
    }

    var now: Instant
    var events = EventQueue<Event>()
    var passages: [Passage] = []
    private(set) var connections: [VirtualConnection] = []
    private var waiting: [VirtualConnection] = []
    private var admitted: [UInt32: VirtualConnection] = [:]
    private var random: SeededRandom

    init(at now: Instant, random: SeededRandom) {
        self.now = now
        self.random = random
    }

    // The clients' side

    func open(by client: Int, window: Int, latency: ClosedRange<Int>, _ random: SeededRandom) -> VirtualConnection {
        let connection = VirtualConnection(number: connections.count, client: client, window: window, latency: latency, random: random)
        connections.append(connection)
        waiting.append(connection)
        return connection
    }

    func write(_ bytes: [UInt8], to connection: VirtualConnection) {
        events.insert(.bytesAtBroker(connection, bytes), at: connection.arrivalAtBroker(from: now))
    }

    /// The client will write no more.
    func end(_ connection: VirtualConnection) {
        events.insert(.endAtBroker(connection), at: connection.arrivalAtBroker(from: now))
    }

    /// The connection is reset.
    func reset(_ connection: VirtualConnection) {
        connection.isAbandoned = true
        events.insert(.breakAtBroker(connection), at: connection.arrivalAtBroker(from: now))
    }

    /// The client reads up to `limit` bytes.
    func read(_ connection: VirtualConnection, limit: Int) -> [UInt8] {
        let bytes = Array(connection.readable.prefix(limit))
        connection.readable.removeFirst(bytes.count)
        connection.unread -= bytes.count
        return bytes
    }

    var hasReady: Bool {
        !waiting.isEmpty || admitted.values.contains { $0.isReadable || $0.isWritable }
    }

    /// Connections that were written to in this tick although the last tick could not write all.
    private(set) var wasBlocked: Set<Int> = []

    /// The passages of the tick now over.
    func takePassages() -> [Passage] {
        defer { passages = [] }
        return passages
    }

    func isBlocked(_ number: Int) -> Bool { connections[number].isWritableWanted }

    // The broker's side

    func poll(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        wasBlocked = Set(admitted.values.filter(\.isWritableWanted).map(\.number))
        if !waiting.isEmpty { ready.append(.listener(0)) }
        var open = admitted.sorted { $0.key < $1.key }.map(\.value).filter { $0.isReadable || $0.isWritable }
        open.shuffle(using: &random)
        for connection in open {
            guard let slot = connection.slot else { continue }
            ready.append(
                .connection(
                    slot, generation: connection.generation, readable: connection.isReadable, writable: connection.isWritable))
        }
    }

    func accept(from listener: Int) -> Int32? {
        waiting.isEmpty ? nil : Int32(waiting.removeFirst().number)
    }

    func admit(_ accepted: Int32, as slot: UInt32, generation: UInt32) {
        let connection = connections[Int(accepted)]
        connection.slot = slot
        connection.generation = generation
        admitted[slot] = connection
        passages.append(.accepted(connection.number))
    }

    func reject(_ accepted: Int32) { closeByBroker(connections[Int(accepted)]) }

    func receive(_ slot: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let connection = admitted[slot] else { return -2 }
        if connection.isBroken {
            passages.append(.ended(connection.number))
            return -2
        }
        guard !connection.arrived.isEmpty else {
            guard connection.isEnded else { return -1 }
            passages.append(.ended(connection.number))
            return 0
        }
        var count = min(buffer.count, connection.arrived.count)
        if random.chance(30) { count = random.among(1...count) }
        let bytes = Array(connection.arrived.prefix(count))
        buffer.copyBytes(from: bytes)
        connection.arrived.removeFirst(count)
        passages.append(.received(connection.number, bytes))
        return count
    }

    func send(_ slot: UInt32, _ slices: UnsafeBufferPointer<OutputSlice>) -> Int {
        guard let connection = admitted[slot], !connection.isBroken else { return -2 }
        var room = connection.window - connection.unread
        if random.chance(5) { room = min(room, random.among(1...64)) }
        guard room > 0 else { return -1 }
        var bytes: [UInt8] = []
        for slice in slices where bytes.count < room {
            bytes += UnsafeRawBufferPointer(start: slice.base, count: min(slice.count, room - bytes.count))
        }
        connection.unread += bytes.count
        passages.append(.sent(connection.number, bytes))
        events.insert(.bytesAtClient(connection, bytes), at: connection.arrivalAtClient(from: now))
        return bytes.count
    }

    func watch(_ slot: UInt32, readable: Bool, writable: Bool) {
        admitted[slot]?.isWatched = readable
        admitted[slot]?.isWritableWanted = writable
    }

    func giveUp(_ slot: UInt32) -> Int32 { -1 }
    func adopt(_ name: Int32, listener: Int, as slot: UInt32, generation: UInt32) {}

    func close(_ slot: UInt32, lingers: Bool) {
        guard let connection = admitted.removeValue(forKey: slot) else { return }
        passages.append(.closed(connection.number))
        closeByBroker(connection)
    }

    func report(_ notice: Notice) {}

    private func closeByBroker(_ connection: VirtualConnection) {
        connection.isClosedByBroker = true
        connection.isWritableWanted = false
        events.insert(.endAtClient(connection), at: connection.arrivalAtClient(from: now))
    }
}
