import BrokerCore
import Glibc
import Primitives
import Transport

/// A shard's network: TCP sockets under epoll, the mailboxes of the other shards, and what else makes its loop wake up.
struct SocketNetwork: NetworkPort, MailboxPort, StoragePort, ~Copyable {
    /// A connection's socket.
    struct SocketConnection: BitwiseCopyable {
        var descriptor: Int32
        var generation: UInt32
        var address: SocketAddress
        var listener: UInt16
        /// The poller knows it.
        var isWatched = true
    }

    let clock: Clock
    private let log: LogWriter
    /// nil: there is no other shard.
    private let mailboxes: Mailboxes?
    /// nil: nothing is kept.
    private let store: BrokerStore?
    private let reports: ShardReports
    private let shard: Int
    private var poller: Poller
    private let listeners: [OpenListener]
    private var connections = SlotArray<SocketConnection>()
    private var lingering = LingeringSockets(firstToken: Token.lingering)
    private var batch = EventBatch()
    private var accepted: (address: SocketAddress, listener: Int)?
    /// Listeners are not watched while there is no descriptor for another connection; nil: they are.
    private var acceptsAgainAt: Instant?
    /// A signal is waiting.
    private(set) var hasSignal = false

    /// The poller's tokens: those of connections have an odd generation in the upper half, and a mark while they are not read.
    private enum Token {
        static let listener: UInt64 = 0
        static let signal: UInt64 = 0xFFFF_FFFF
        static let lingering: UInt64 = 2 << 32
        static let unread: UInt32 = 1 << 31
    }

    /// Seconds a refused client may take to read why.
    private static let lingerSeconds: UInt32 = 1
    /// Seconds after which to look for a free descriptor, whoever has freed it.
    private static let acceptPauseSeconds: UInt32 = 1

    init(_ plan: ShardPlan, signals: Int32?) throws(TransportError) {
        let poller = try Poller(waker: plan.orders.waker)
        for (index, listener) in plan.listeners.enumerated() {
            try poller.addShared(listener.socket.descriptor, token: Token.listener | UInt64(index))
        }
        if let signals { try poller.add(signals, token: Token.signal, interest: .readable) }
        self.poller = poller
        clock = plan.clock
        log = plan.log
        listeners = plan.listeners
        mailboxes = plan.mailboxes
        store = plan.store
        reports = ShardReports(waker: plan.orders.waker)
        shard = plan.place.index
    }

    var now: Instant { clock.now() }

    func address(of connection: UInt32) -> SocketAddress { connections.pointer(to: connection).pointee.address }
    func listener(of connection: UInt32) -> ListenerConfiguration {
        listeners[Int(connections.pointer(to: connection).pointee.listener)].configuration
    }

    mutating func signalTaken() { hasSignal = false }

    mutating func poll(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        guard let mailbox = mailboxes?[shard], deadline.map({ $0 > .zero }) ?? true else { return wait(until: deadline, into: &ready) }
        wait(until: mailbox.willSleep() ? deadline : .zero, into: &ready)
        mailbox.didWake()
    }

    private mutating func wait(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        var next = deadline
        if let end = lingering.nextDeadline { next = min(next ?? .never, end) }
        if let again = acceptsAgainAt { next = min(next ?? .never, again) }
        poller.wait(until: next, clock: clock, into: &batch)
        for i in 0..<batch.count {
            let event = batch[i]
            let generation = UInt32(truncatingIfNeeded: event.token >> 32)
            let number = UInt32(truncatingIfNeeded: event.token)
            if generation & 1 == 1 {
                // Whoever is not read from is not found broken either: what it sent before would be read.
                let isReadable = (event.readable || event.hangup) && number & Token.unread == 0
                ready.append(
                    .connection(number & ~Token.unread, generation: generation, readable: isReadable, writable: event.writable))
            } else if event.token == Token.signal {
                hasSignal = true
            } else if lingering.owns(event.token) {
                lingering.handle(event)
            } else {
                ready.append(.listener(Int(number)))
            }
        }
        if lingering.count > 0 { lingering.advance(to: now) }
        if let again = acceptsAgainAt, again <= now { watchListenersAgain() }
    }

    mutating func accept(from listener: Int) -> Int32? {
        switch listeners[listener].socket.accept() {
        case .connection(let descriptor, let peer):
            accepted = (peer, listener)
            return descriptor
        case .none: return nil
        case .outOfDescriptors:
            log.warning(
                .acceptFailed,
                [
                    .listener(listeners[listener].configuration.name), .reason("out of file descriptors"),
                    .hint("raise the limit of open files (ulimit -n), or lower limits.connections"),
                ])
            acceptsAgainAt = now.advanced(bySeconds: Self.acceptPauseSeconds)
            watchListeners(false)
            return nil
        }
    }

    mutating func admit(_ descriptor: Int32, as connection: UInt32, generation: UInt32) {
        guard let accepted else { return }
        let socket = SocketConnection(
            descriptor: descriptor, generation: generation, address: accepted.address, listener: UInt16(accepted.listener))
        take(socket, as: connection)
    }

    mutating func adopt(_ descriptor: Int32, listener: Int, as connection: UInt32, generation: UInt32) {
        // A connection that broke on its way has no address any more; its first read finds out.
        let address = Socket.peerAddress(of: descriptor) ?? SocketAddress(ipv4: 0, port: 0)
        let socket = SocketConnection(descriptor: descriptor, generation: generation, address: address, listener: UInt16(listener))
        take(socket, as: connection)
    }

    private mutating func take(_ socket: SocketConnection, as connection: UInt32) {
        connections.store(socket, at: connection)
        do throws(TransportError) {
            try poller.add(socket.descriptor, token: token(connection), interest: .readable)
        } catch {
            // Not watched, the connection is silent; a time-out ends it.
            log.warning(.acceptFailed, [.address("\(socket.address)"), .reason("\(error)")])
        }
    }

    mutating func reject(_ descriptor: Int32) {
        log.warning(
            .connectionRefused,
            [.address(accepted.map { "\($0.address)" } ?? ""), .reason("too many connections"), .hint("limits.connections allows more")])
        Socket.close(descriptor)
    }

    mutating func receive(_ connection: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        Socket.receive(connections.pointer(to: connection).pointee.descriptor, into: buffer)
    }

    mutating func send(_ connection: UInt32, _ slices: UnsafeBufferPointer<OutputSlice>) -> Int {
        Socket.send(connections.pointer(to: connection).pointee.descriptor, slices: slices)
    }

    mutating func watch(_ connection: UInt32, readable: Bool, writable: Bool) {
        let socket = connections.pointer(to: connection)
        let wasWatched = socket.pointee.isWatched
        socket.pointee.isWatched = readable || writable
        guard socket.pointee.isWatched else { return poller.remove(socket.pointee.descriptor) }
        var interest: Interest = readable ? .readable : []
        if writable { interest.insert(.writable) }
        let token = token(connection) | (readable ? 0 : UInt64(Token.unread))
        do throws(TransportError) {
            if wasWatched {
                try poller.modify(socket.pointee.descriptor, token: token, interest: interest)
            } else {
                try poller.add(socket.pointee.descriptor, token: token, interest: interest)
            }
        } catch {
            log.warning(.acceptFailed, [.address("\(address(of: connection))"), .reason("\(error)")])
        }
    }

    mutating func giveUp(_ connection: UInt32) -> Int32 {
        let descriptor = connections.pointer(to: connection).pointee.descriptor
        poller.remove(descriptor)
        return descriptor
    }

    mutating func close(_ connection: UInt32, lingers: Bool) {
        let descriptor = connections.pointer(to: connection).pointee.descriptor
        if lingers {
            poller.remove(descriptor)
            lingering.add(descriptor, deadline: now.advanced(bySeconds: Self.lingerSeconds), poller: poller)
        } else {
            Socket.close(descriptor)
        }
        if acceptsAgainAt != nil { watchListenersAgain() }
    }

    // MARK: Other shards

    mutating func post(_ batch: PeerBatch, to other: Int) -> PeerBatch? {
        mailboxes?[other].post(batch, bytes: batch.weight, from: shard)
    }

    mutating func drain(into batches: inout [PeerBatch]) {
        mailboxes?[shard].take(into: &batches, sender: { $0.sender }, free: { $0.deallocate() })
    }

    mutating func hasRoom(for other: Int, limit: Int) -> Bool { mailboxes?[other].hasRoom(from: shard, limit: limit) ?? true }

    // MARK: The disk

    var wallOffset: Int64? { store == nil ? nil : clock.wallNanoseconds() - clock.now().nanoseconds }

    mutating func commit(_ batch: WriteBatch, number: UInt64) { store?.commit(batch, number: number, for: reports) }

    mutating func load(_ request: LoadRequest) { store?.load(request, for: reports) }

    mutating func drain(into done: inout [StorageReport]) { reports.take(into: &done) }

    mutating func report(_ notice: Notice) { NoticeLog.write(notice, to: log, from: self) }

    /// Waits until refused clients have read why, or their time is over.
    mutating func finishLingering() {
        var ignored: [ReadyEvent] = []
        while lingering.count > 0 {
            ignored.removeAll()
            wait(until: lingering.nextDeadline, into: &ignored)
        }
    }

    private func token(_ connection: UInt32) -> UInt64 {
        UInt64(connections.pointer(to: connection).pointee.generation) << 32 | UInt64(connection)
    }

    private mutating func watchListenersAgain() {
        acceptsAgainAt = nil
        watchListeners(true)
    }

    private func watchListeners(_ isWanted: Bool) {
        for (index, listener) in listeners.enumerated() {
            guard isWanted else {
                poller.remove(listener.socket.descriptor)
                continue
            }
            do throws(TransportError) {
                try poller.addShared(listener.socket.descriptor, token: Token.listener | UInt64(index))
            } catch {
                log.warning(.acceptFailed, [.listener(listener.configuration.name), .reason("\(error)")])
            }
        }
    }
}

extension Socket {
    /// Writes slices, which are laid out as the system's own vector elements.
    static func send(_ descriptor: Int32, slices: UnsafeBufferPointer<OutputSlice>) -> Int {
        UnsafeRawBufferPointer(slices).withMemoryRebound(to: iovec.self) { send(descriptor, segments: $0) }
    }
}
