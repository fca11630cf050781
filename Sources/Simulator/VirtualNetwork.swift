import BrokerCore
import Primitives

/// A network with a clock of its own: latency, packets cut at any byte, receivers that are slow, connections that break.
///
/// Everything the broker reads and writes is noted in order, so that the oracle can follow it.
final class VirtualNetwork {
    /// What passed between the broker and the network.
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
        case disk(VirtualDisk)
    }

    var now: Instant
    var events = EventQueue<Event>()
    var passages: [Passage] = []
    private(set) var connections: [VirtualConnection] = []
    /// Connections nobody has accepted.
    private var waiting: [VirtualConnection] = []
    private var shards: Int
    private var random: SeededRandom

    /// - Parameter random: decides which of several shards accepts a connection
    init(at now: Instant, shards: Int, random: SeededRandom) {
        self.now = now
        self.shards = shards
        self.random = random
    }

    // The clients' side

    func open(by client: Int, window: Int, latency: ClosedRange<Int>, _ random: SeededRandom) -> VirtualConnection {
        let connection = VirtualConnection(number: connections.count, client: client, window: window, latency: latency, random: random)
        if shards > 1 { connection.shard = self.random.below(shards) }
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

    // What time brings

    /// Bytes and ends arrive; `client` knows the clients by number.
    func happen(_ event: Event, client: (Int) -> VirtualClient?) {
        switch event {
        case .bytesAtBroker(let connection, let bytes):
            if !connection.isClosedByBroker, !connection.isBroken { connection.arrived += bytes }
        case .endAtBroker(let connection): connection.isEnded = true
        case .breakAtBroker(let connection):
            connection.isBroken = true
            connection.arrived = []
        case .bytesAtClient(let connection, let bytes):
            if !connection.isCut { connection.readable += bytes }
            guard !connection.isAbandoned, let client = client(connection.client) else { return }
            if bytes.isEmpty || client.isPrompt || client.reads.pause == 0 { client.read() } else { client.scheduleRead(connection) }
        case .endAtClient(let connection):
            connection.isEndReadable = true
            guard !connection.isAbandoned, let client = client(connection.client) else { return }
            if client.isPrompt || client.reads.pause == 0 { client.read() } else { client.scheduleRead(connection) }
        case .disk(let disk): disk.turn()
        case .wake: break
        }
    }

    // The broker's side

    func isAwaited(by shard: Int) -> Bool { waiting.contains { $0.shard == shard } }

    /// The next connection that waits for `shard` to accept it.
    func takeWaiting(for shard: Int) -> VirtualConnection? {
        waiting.firstIndex { $0.shard == shard }.map { waiting.remove(at: $0) }
    }

    func closeByBroker(_ connection: VirtualConnection) {
        connection.isClosedByBroker = true
        connection.isWritableWanted = false
        events.insert(.endAtClient(connection), at: connection.arrivalAtClient(from: now))
    }

    /// The broker is gone, and one with so many shards will be there next. Of what it has written some may still come.
    func losePower(shards: Int, _ random: inout SeededRandom) {
        self.shards = shards
        waiting = []
        for connection in connections where !connection.isClosedByBroker {
            connection.slot = nil
            connection.arrived = []
            if random.chance(50) { connection.isCut = true }
            closeByBroker(connection)
        }
    }

    /// The passages since this was last asked.
    func takePassages() -> [Passage] {
        defer { passages = [] }
        wasBlocked = blocked
        blocked = Set(connections.filter(\.isWritableWanted).map(\.number))
        return passages
    }

    /// Connections that could not be written to before the passages last taken, and after them.
    private(set) var wasBlocked: Set<Int> = []
    private var blocked: Set<Int> = []

    func isBlocked(_ number: Int) -> Bool { connections[number].isWritableWanted }
}
