import BrokerCore
import Glibc
import Primitives
import Transport

/// The broker's network: TCP sockets under epoll, and what else makes its loop wake up.
struct SocketNetwork: NetworkPort, MailboxPort, ~Copyable {
    /// A connection's socket.
    struct SocketConnection: BitwiseCopyable {
        var descriptor: Int32
        var generation: UInt32
        var address: SocketAddress
        var listener: UInt16
    }

    let clock: Clock
    private let log: LogWriter
    private var poller: Poller
    private var listeners: [OpenListener]
    private var connections = SlotArray<SocketConnection>()
    private var lingering = LingeringSockets(firstToken: Token.lingering)
    private var batch = EventBatch()
    private var accepted: (address: SocketAddress, listener: Int)?
    /// Listeners are not watched while there is no descriptor for another connection; nil: they are.
    private var acceptsAgainAt: Instant?
    /// A signal is waiting.
    private(set) var hasSignal = false

    /// The poller's tokens: those of connections have an odd generation in the upper half.
    private enum Token {
        static let listener: UInt64 = 0
        static let signal: UInt64 = 0xFFFF_FFFF
        static let lingering: UInt64 = 2 << 32
    }

    /// Seconds a refused client may take to read why.
    private static let lingerSeconds: UInt32 = 1
    /// Seconds after which to look for a free descriptor, whoever has freed it.
    private static let acceptPauseSeconds: UInt32 = 1

    init(listeners: [OpenListener], signals: Int32?, clock: Clock, log: LogWriter) throws(TransportError) {
        let poller = try Poller()
        for (index, listener) in listeners.enumerated() {
            try poller.add(listener.socket.descriptor, token: Token.listener | UInt64(index), interest: .readable)
        }
        if let signals { try poller.add(signals, token: Token.signal, interest: .readable) }
        self.poller = poller
        self.clock = clock
        self.log = log
        self.listeners = listeners
    }

    var waker: Waker { poller.waker }
    var now: Instant { clock.now() }
    var listenerConfigurations: [ListenerConfiguration] { listeners.map(\.configuration) }

    func address(of connection: UInt32) -> SocketAddress { connections.pointer(to: connection).pointee.address }
    func listener(of connection: UInt32) -> ListenerConfiguration {
        listeners[Int(connections.pointer(to: connection).pointee.listener)].configuration
    }

    mutating func signalTaken() { hasSignal = false }

    mutating func poll(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        var next = deadline
        if let end = lingering.nextDeadline { next = min(next ?? .never, end) }
        if let again = acceptsAgainAt { next = min(next ?? .never, again) }
        poller.wait(until: next, clock: clock, into: &batch)
        for i in 0..<batch.count {
            let event = batch[i]
            let generation = UInt32(truncatingIfNeeded: event.token >> 32)
            let number = UInt32(truncatingIfNeeded: event.token)
            if generation & 1 == 1 {
                ready.append(
                    .connection(number, generation: generation, readable: event.readable || event.hangup, writable: event.writable))
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
        connections.store(
            SocketConnection(
                descriptor: descriptor, generation: generation, address: accepted.address, listener: UInt16(accepted.listener)),
            at: connection)
        do throws(TransportError) {
            try poller.add(descriptor, token: token(connection), interest: .readable)
        } catch {
            // Not watched, the connection is silent; its connect time-out ends it.
            log.warning(.acceptFailed, [.address("\(accepted.address)"), .reason("\(error)")])
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
        var interest: Interest = readable ? .readable : []
        if writable { interest.insert(.writable) }
        do throws(TransportError) {
            try poller.modify(connections.pointer(to: connection).pointee.descriptor, token: token(connection), interest: interest)
        } catch {
            log.warning(.acceptFailed, [.address("\(address(of: connection))"), .reason("\(error)")])
        }
    }

    mutating func giveUp(_ connection: UInt32) -> Int32 {
        let descriptor = connections.pointer(to: connection).pointee.descriptor
        poller.remove(descriptor)
        return descriptor
    }

    mutating func adopt(_ descriptor: Int32, listener: Int, as connection: UInt32, generation: UInt32) {
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

    mutating func report(_ notice: Notice) { NoticeLog.write(notice, to: log, from: self) }

    /// Waits until refused clients have read why, or their time is over.
    mutating func finishLingering() {
        var ignored: [ReadyEvent] = []
        while lingering.count > 0 {
            ignored.removeAll()
            poll(until: lingering.nextDeadline, into: &ignored)
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
            do throws(TransportError) {
                try poller.modify(
                    listener.socket.descriptor, token: Token.listener | UInt64(index), interest: isWanted ? .readable : [])
            } catch {
                log.warning(.acceptFailed, [.listener(listener.configuration.name), .reason("\(error)")])
            }
        }
    }
}

/// A listening socket with the configuration it was opened for.
final class OpenListener {
    let socket: Listener
    let configuration: ListenerConfiguration

    init(_ configuration: ListenerConfiguration) throws(TransportError) {
        self.configuration = configuration
        guard let address = SocketAddress(configuration.address, port: configuration.port) else {
            throw .system(call: "listen on \(configuration.name)", errno: 22)
        }
        var options = Listener.Options()
        if configuration.tcpKeepAliveSeconds > 0 {
            var keepAlive = Listener.TCPKeepAlive()
            keepAlive.idleSeconds = Int32(clamping: configuration.tcpKeepAliveSeconds)
            options.keepAlive = keepAlive
        } else {
            options.keepAlive = nil
        }
        socket = try Listener(on: address, options: options)
    }
}

extension Socket {
    /// Writes slices, which are laid out as the system's own vector elements.
    static func send(_ descriptor: Int32, slices: UnsafeBufferPointer<OutputSlice>) -> Int {
        UnsafeRawBufferPointer(slices).withMemoryRebound(to: iovec.self) { send(descriptor, segments: $0) }
    }
}
