import MQTTCodec
import MQTTSession
import Primitives

/// One turn of a shard, in an order that is the argument for its correctness: read → drain → decide → post → flush.
///
/// The simulator runs this very code: it asks a `ShardPort` only to poll, receive, send and close, and to carry batches
/// to other shards and from them.
public struct Tick: ~Copyable {
    public var core: BrokerCore

    var links = SlotArray<Link>()
    var pool = SegmentPool()
    var actions = Actions()
    var encoder = ByteBuffer(capacity: 1_024)
    /// The bytes read in this tick; what is decided about them borrows them until its end.
    let arena: UnsafeMutableRawBufferPointer
    var arenaUsed = 0
    var received: [Received] = []
    var dirty: [UInt32] = []
    var closing: [(connection: UInt32, lingers: Bool)] = []
    var slices: [OutputSlice] = []
    /// Bytes of all unfinished packets.
    var unfinishedBytes = 0
    /// What other shards have told; its bytes are borrowed until the end of the tick, as those of the arena are.
    var batches: [PeerBatch] = []
    var paused: [PausedConnection] = []
    /// Connections other shards have handed over, to be let in when one more round of reading is over.
    var newcomers: [PausedConnection] = []
    /// The shard whose client's CONNECT has just been read.
    var shardToTakeOver: Int?
    /// Connections for which something is held until a batch is on disk, in the order of the batches.
    var holding = RingQueue<HoldingLink>()
    /// What the storage has done.
    private var reports: [StorageReport] = []
    private var ready: [ReadyEvent] = []
    /// Listeners somebody waits at.
    private var acceptingListeners: [Int] = []
    /// In the last tick somebody came for whom there was no room.
    private var isWaitingForRoom = false
    private var nextReady = 0

    /// Bytes read at most from one connection in a tick, so that no one holds up the others.
    static let readLimit = 65_536
    static let arenaBytes = 1_048_576

    /// What was read from one connection.
    struct Received: BitwiseCopyable {
        var connection: UInt32
        var generation: UInt32
        var start: Int
        var count: Int
        /// The bytes are a large packet of the link's own, not in the arena.
        var isLarge: Bool
        var isClosed: Bool
    }

    public init(core: consuming BrokerCore) {
        self.core = core
        arena = .allocate(byteCount: Self.arenaBytes, alignment: 64)
    }

    deinit {
        arena.deallocate()
        for batch in batches { batch.deallocate() }
        var holding = holding
        holding.deallocate()
    }

    /// When the next tick has something to do of itself; nil: when the network has.
    public var nextDeadline: Instant? {
        let isBusy = core.hasMoreToSend || nextReady < ready.count || !newcomers.isEmpty || mayResume
        return isBusy ? .zero : core.nextDeadline
    }

    /// Waits for the network or the next deadline, then runs one turn.
    public mutating func run<Port: ShardPort & ~Copyable>(_ port: inout Port) {
        let newcomers = newcomers.count
        read(&port)
        // Drained after reading: who has a SUBACK in his hand before he publishes elsewhere has told that shard of his
        // interest by now. And `now` is taken after draining, so that times follow causes on all shards.
        port.drain(into: &batches)
        port.drain(into: &reports)
        let now = port.now
        if let wallOffset = port.wallOffset { core.journal.keeping.wallOffset = wallOffset }
        hearInterest(at: now)
        hearStorage(at: now)
        decide(at: now, newcomers: newcomers, &port)
        post(&port)
        flush(&port)
        acceptWaiting(&port)
    }

    /// Tells the core of something that is not a packet, and carries out what it asks for.
    public mutating func handle<Port: ShardPort & ~Copyable>(_ event: Event, _ port: inout Port) {
        let now = port.now
        core.handle(event, at: now, into: &actions)
        carryOut(at: now, &port)
        report(&port)
        post(&port)
        flush(&port)
    }

    // 2. What is on disk now may be said; what was read from it goes on.
    private mutating func hearStorage(at now: Instant) {
        guard !reports.isEmpty else { return }
        for report in reports {
            switch report {
            case .committed(let batch):
                core.committed(upTo: batch)
                releaseHeld(upTo: batch)
            case .loaded(let messages): core.loaded(messages, at: now)
            }
        }
        reports.removeAll(keepingCapacity: true)
    }

    // 1. Read every ready connection into the arena; what finds no room there is read in the next tick.
    private mutating func read<Port: ShardPort & ~Copyable>(_ port: inout Port) {
        arenaUsed = 0
        received.removeAll(keepingCapacity: true)
        if nextReady == ready.count {
            ready.removeAll(keepingCapacity: true)
            nextReady = 0
            port.poll(until: nextDeadline, into: &ready)
        }
        while nextReady < ready.count, arenaUsed + 4_096 <= arena.count {
            let event = ready[nextReady]
            nextReady += 1
            switch event {
            case .listener(let listener): acceptingListeners.append(listener)
            case .connection(let connection, let generation, let readable, let writable):
                guard core.isOpen(connection), core.generation(of: connection) == generation else { continue }
                if writable { unblock(connection, &port) }
                if readable, !links.pointer(to: connection).pointee.isPaused { receive(connection, generation, &port) }
            }
        }
    }

    private mutating func receive<Port: ShardPort & ~Copyable>(_ connection: UInt32, _ generation: UInt32, _ port: inout Port) {
        let link = links.pointer(to: connection)
        var entry = Received(
            connection: connection, generation: generation, start: arenaUsed, count: 0, isLarge: false, isClosed: false)
        if link.pointee.unfinished.total > Self.readLimit {
            let before = link.pointee.unfinished.capacity
            let room = link.pointee.unfinished.room()
            unfinishedGrew(by: link.pointee.unfinished.capacity - before)
            let result = port.receive(connection, into: room)
            if result > 0 {
                link.pointee.unfinished.filled(result)
                core.counters.bytesReceived &+= UInt64(result)
            }
            entry.isLarge = true
            entry.isClosed = result == 0 || result == -2
            received.append(entry)
            return
        }
        // The beginning of a packet goes before its end.
        let carried = link.pointee.unfinished.bytes
        guard arenaUsed + carried.count + 2_048 <= arena.count else {
            nextReady -= 1
            arenaUsed = arena.count
            return
        }
        (arena.baseAddress.unsafelyUnwrapped + arenaUsed).copyMemory(
            from: carried.baseAddress ?? UnsafeRawPointer(arena.baseAddress.unsafelyUnwrapped), byteCount: carried.count)
        let start = arenaUsed + carried.count
        let room = UnsafeMutableRawBufferPointer(rebasing: arena[start..<min(arena.count, start + Self.readLimit)])
        let result = port.receive(connection, into: room)
        if result == -1 { return }
        if result > 0 {
            forgetUnfinished(link)
            core.counters.bytesReceived &+= UInt64(result)
            entry.count = carried.count + result
            arenaUsed = (start + result + 15) & ~15
        }
        entry.isClosed = result <= 0
        received.append(entry)
    }

    // 3. Decide: what was read, what is due, sessions with more to send.
    private mutating func decide<Port: ShardPort & ~Copyable>(at now: Instant, newcomers: Int, _ port: inout Port) {
        for entry in received {
            guard core.isOpen(entry.connection), core.generation(of: entry.connection) == entry.generation else { continue }
            if entry.isLarge {
                decodeLarge(entry.connection, at: now, &port)
            } else if entry.count > 0 {
                let bytes = UnsafeRawBufferPointer(rebasing: arena[entry.start..<entry.start + entry.count])
                decode(bytes, from: entry.connection, at: now, &port)
            }
            // The end of one that is paused is read again when its last packets have been dealt with.
            if entry.isClosed, core.isOpen(entry.connection), !links.pointer(to: entry.connection).pointee.isPaused {
                core.handle(.connectionClosed(entry.connection), at: now, into: &actions)
            }
            carryOut(at: now, &port)
        }
        admitNewcomers(newcomers, at: now, &port)
        hearPeers(at: now, &port)
        core.advance(to: now, into: &actions)
        core.drain(at: now, into: &actions)
        carryOut(at: now, &port)
        report(&port)
    }

    /// Passes notices on while the connections they name still have their slots.
    private mutating func report<Port: ShardPort & ~Copyable>(_ port: inout Port) {
        let untold = core.dropNotices.takeUntold()
        if untold > 0 { core.notices.append(.moreMessagesDropped(untold)) }
        for notice in core.notices { port.report(notice) }
        if !core.notices.isEmpty { core.notices.removeAll() }
    }

    // 5. Flush: one write a connection, then close what has ended.
    private mutating func flush<Port: ShardPort & ~Copyable>(_ port: inout Port) {
        for connection in dirty {
            links.pointer(to: connection).pointee.isDirty = false
            write(connection, &port)
        }
        dirty.removeAll(keepingCapacity: true)
        for (connection, lingers) in closing {
            let link = links.pointer(to: connection)
            link.pointee.outbox.deallocate(&pool)
            forgetUnfinished(link)
            port.close(connection, lingers: lingers)
            core.connectionForgotten(connection)
        }
        closing.removeAll(keepingCapacity: true)
    }

    // 6. Let new connections in, now that those which have ended have left their places. Who comes to a full broker waits
    // for one more tick, and one is sent away in a tick: others may have left before he came, and that is not read yet.
    private mutating func acceptWaiting<Port: ShardPort & ~Copyable>(_ port: inout Port) {
        for listener in acceptingListeners { accept(from: listener, &port) }
        isWaitingForRoom = !isWaitingForRoom && !acceptingListeners.isEmpty && !core.hasRoomForConnections
        acceptingListeners.removeAll(keepingCapacity: true)
    }

    private mutating func accept<Port: ShardPort & ~Copyable>(from listener: Int, _ port: inout Port) {
        for _ in 0..<64 {
            guard core.hasRoomForConnections || isWaitingForRoom, let accepted = port.accept(from: listener) else { return }
            if let connection = core.connectionOpened(listener: listener, at: port.now) {
                links.store(Link(), at: connection)
                port.admit(accepted, as: connection, generation: core.generation(of: connection))
            } else {
                port.reject(accepted)
                return
            }
        }
    }

    mutating func unfinishedGrew(by bytes: Int) {
        unfinishedBytes += bytes
        core.place.common.unfinishedBytes.give(-bytes)
    }

    mutating func forgetUnfinished(_ link: UnsafeMutablePointer<Link>) {
        unfinishedGrew(by: -link.pointee.unfinished.capacity)
        link.pointee.unfinished.deallocate()
    }
}
