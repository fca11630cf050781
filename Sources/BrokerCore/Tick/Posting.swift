import MQTTCodec
import Primitives

/// A connection that is not read from until other shards have taken what it sent there.
struct PausedConnection: BitwiseCopyable {
    var connection: UInt32
    var generation: UInt32
    var lanes: PeerSet
}

/// The tick and the other shards: what they tell, what they are told, and who has to wait for them.
extension Tick {
    // 3a. Who wants what is known before anything is decided about what clients say.
    mutating func hearInterest(at now: Instant) {
        for batch in batches where batch.hasInterest {
            for message in batch.messages {
                if case .interest = message { core.handle(message, from: batch.sender, at: now, into: &actions) }
            }
        }
    }

    // 3c. All else that other shards have told comes after what was read here: who has left, or said something, before
    // others spoke, has done so before.
    mutating func hearPeers<Port: ShardPort & ~Copyable>(at now: Instant, _ port: inout Port) {
        for shard in core.outbox.full where shard != core.place.index && port.hasRoom(for: shard, limit: core.options.limits.mailboxBytes) {
            core.outbox.full.remove(shard)
            core.caughtUp(shard, at: now, into: &actions)
        }
        for batch in batches {
            for message in batch.messages {
                switch message {
                case .interest: break
                case .connection(let name, let listener, let bytes): takeOver(name, listener, bytes, at: now, &port)
                default: core.handle(message, from: batch.sender, at: now, into: &actions)
                }
                if actions.count >= 256 { carryOut(at: now, &port) }
            }
            core.heard(batch.sender, clock: batch.clock)
        }
        carryOut(at: now, &port)
        if !paused.isEmpty { resumePaused(at: now, &port) }
    }

    // 4. Post: before anything is written, so that who reads an answer finds that the other shards know. First to the disk,
    // so that what other shards make of it becomes durable after it.
    mutating func post<Port: ShardPort & ~Copyable>(_ port: inout Port) {
        if let batch = core.journal.takeBatch() { port.commit(batch, number: core.journal.given) }
        if !core.journal.loads.isEmpty {
            for load in core.journal.loads { port.load(load) }
            core.journal.loads.removeAll(keepingCapacity: true)
        }
        core.answerPeers()
        postTouched(&port)
        if core.answerAsked() { postTouched(&port) }
    }

    /// After a recovery: the other shards hear what this one wants before anybody is let in.
    public mutating func tellRecovered<Port: ShardPort & ~Copyable>(_ port: inout Port) { post(&port) }

    private mutating func postTouched<Port: ShardPort & ~Copyable>(_ port: inout Port) {
        for shard in core.outbox.touched {
            for batch in core.takeBatches(for: shard) {
                if let spent = port.post(batch, to: shard) { core.outbox.reuse(spent) }
            }
            if port.hasRoom(for: shard, limit: core.options.limits.mailboxBytes) {
                core.outbox.full.remove(shard)
            } else {
                core.outbox.full.insert(shard)
            }
        }
    }

    /// The client belongs to another shard: it gets the connection and all that was read from it, CONNECT first.
    mutating func handOver<Port: ShardPort & ~Copyable>(
        _ connection: UInt32, _ bytes: UnsafeRawBufferPointer, to shard: Int, _ port: inout Port
    ) {
        let listener = core.listener(of: connection)
        let name = port.giveUp(connection)
        core.outbox.tell(shard, copying: bytes) { .connection(name: name, listener: listener, bytes: $0) }
        forgetUnfinished(links.pointer(to: connection))
        core.giveUp(connection)
    }

    private mutating func takeOver<Port: ShardPort & ~Copyable>(
        _ name: Int32, _ listener: UInt16, _ bytes: UnsafeRawBufferPointer, at now: Instant, _ port: inout Port
    ) {
        let connection = core.connectionTakenOn(listener: Int(listener), at: now)
        links.store(Link(), at: connection)
        port.adopt(name, listener: Int(listener), as: connection, generation: core.generation(of: connection))
        links.pointer(to: connection).pointee.isPaused = true
        keep(bytes, total: 0, of: connection, at: now)
        newcomers.append(PausedConnection(connection: connection, generation: core.generation(of: connection), lanes: PeerSet()))
    }

    /// Whether connections of other shards wait to be let in.
    public var hasNewcomers: Bool { !newcomers.isEmpty }

    /// Lets in connections that came from other shards before this tick began to read: what an earlier connection of the
    /// same client said before it ended has been read and decided by now, be it DISCONNECT.
    mutating func admitNewcomers<Port: ShardPort & ~Copyable>(_ count: Int, at now: Instant, _ port: inout Port) {
        guard count > 0 else { return }
        let admitted = newcomers.prefix(count)
        newcomers.removeFirst(count)
        for entry in admitted where core.isOpen(entry.connection) && core.generation(of: entry.connection) == entry.generation {
            links.pointer(to: entry.connection).pointee.isPaused = false
            decodeKept(entry.connection, at: now, &port)
        }
    }

    /// Decodes what a connection sent before it was not read from.
    private mutating func decodeKept<Port: ShardPort & ~Copyable>(_ connection: UInt32, at now: Instant, _ port: inout Port) {
        let link = links.pointer(to: connection)
        let rest = link.pointee.unfinished
        link.pointee.unfinished = UnfinishedPacket()
        decode(rest.bytes, from: connection, at: now, &port)
        carryOut(at: now, &port)
        unfinishedGrew(by: -rest.capacity)
        rest.base?.deallocate()
    }

    /// Another shard is behind: the client that sent to it is not read from until it has caught up. Nobody else waits.
    mutating func pause<Port: ShardPort & ~Copyable>(
        _ connection: UInt32, _ rest: UnsafeRawBufferPointer, at now: Instant, _ port: inout Port
    ) {
        let link = links.pointer(to: connection)
        link.pointee.isPaused = true
        core.pause(connection, true, at: now)
        paused.append(PausedConnection(connection: connection, generation: core.generation(of: connection), lanes: core.outbox.crowded))
        if !rest.isEmpty { keep(rest, total: 0, of: connection, at: now) }
        port.watch(connection, readable: false, writable: link.pointee.isBlocked)
    }

    /// Whether somebody waits for nothing any more: the other shard was so quick that nobody will wake this one.
    var mayResume: Bool { paused.contains { $0.lanes.isDisjoint(with: core.outbox.full) } }

    private mutating func resumePaused<Port: ShardPort & ~Copyable>(at now: Instant, _ port: inout Port) {
        let waiting = paused
        paused.removeAll(keepingCapacity: true)
        var left: [PausedConnection] = []
        for entry in waiting {
            let connection = entry.connection
            guard core.isOpen(connection), core.generation(of: connection) == entry.generation else { continue }
            guard entry.lanes.isDisjoint(with: core.outbox.full) else {
                left.append(entry)
                continue
            }
            let link = links.pointer(to: connection)
            link.pointee.isPaused = false
            core.pause(connection, false, at: now)
            port.watch(connection, readable: true, writable: link.pointee.isBlocked)
            decodeKept(connection, at: now, &port)
        }
        // Whose turn did not come is first the next time.
        paused.insert(contentsOf: left, at: 0)
    }
}
